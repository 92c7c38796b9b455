/*
 * Events of the binary log: whatever they hold, a transaction tells what lies within its limits, and
 * nothing beyond an event's octets is read. An input is a list of events, each an octet of kind with its
 * fields behind it; those that the corpus holds came from a MariaDB (see read_*() for the form).
 */
#include <stdlib.h>
#include <string.h>

#include "feed/transaction.h"
#include "fuzz/fuzz.h"

enum { EVENT_TABLE, EVENT_ROWS, EVENT_TEXT, EVENT_CHANGE, EVENT_BEGIN, EVENT_KINDS };
enum { BLOCKS_MAX = 8 };

/* sql/schema.sql's tables in the database "mydns". */
static const struct db_layout layout = {
    .soa = {.schema = "mydns", .name = "soa"},
    .rr = {.schema = "mydns", .name = "rr"},
    .transactional = true,
    .id_indexed = true,
    .zone_indexed = true,
    .binlog = true,
    .soa_places = {.columns = 11, .id = 0},
    .rr_places = {.columns = 8, .id = 0, .zone = 1, .name = 2, .name_alike = true},
};

static struct transaction transaction;

/* An input as it is read: past its end all is zero or empty. */
struct input {
    const uint8_t *at;
    size_t left;
    void *blocks[BLOCKS_MAX]; /* of the present event, each of its exact size */
    unsigned block_count;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static unsigned read_number(struct input *in, unsigned octets)
{
    unsigned value = 0;
    while (octets-- > 0 && in->left > 0) {
        value = value << 8 | *in->at++;
        in->left--;
    }
    return value;
}

static const uint8_t *read_octets(struct input *in, size_t *len)
{
    *len = *len < in->left ? *len : in->left;
    uint8_t *block = fuzz_exact(in->at, *len);
    in->blocks[in->block_count++] = block;
    in->at += *len;
    in->left -= *len;
    return block;
}

static struct stream_octets read_field(struct input *in, unsigned len_octets)
{
    struct stream_octets field = {.len = read_number(in, len_octets)};
    field.at = read_octets(in, &field.len);
    return field;
}

static void read_table(struct input *in, struct stream_event *event)
{
    event->table_id = read_number(in, 1);
    event->column_count = read_number(in, 2);
    event->schema = read_field(in, 1);
    event->table = read_field(in, 1);
    event->column_types = read_field(in, 2);
    event->metadata = read_field(in, 2);
}

/* A bitmap is as long as the count of columns says, or not there. */
static const uint8_t *read_bitmap(struct input *in, unsigned columns)
{
    size_t len = (columns + 7) / 8;
    return len <= in->left ? read_octets(in, &len) : NULL;
}

static void read_rows(struct input *in, struct stream_event *event)
{
    event->table_id = read_number(in, 1);
    event->rows = (enum stream_rows)(read_number(in, 1) % 3);
    event->column_count = read_number(in, 2);
    event->present = read_bitmap(in, event->column_count);
    event->present_after =
        event->rows == STREAM_UPDATE ? read_bitmap(in, event->column_count) : event->present;
    event->data = read_field(in, 2);
}

static void read_text(struct input *in, struct stream_event *event)
{
    event->text_schema = read_field(in, 1);
    event->text = read_field(in, 2);
}

static void check_change(bool unsure)
{
    static struct transaction kept;
    size_t len, sum = 0;
    void *packed = transaction_pack(&transaction, &len);

    transaction_unpack(&kept, &layout, packed);
    free(packed);
    struct loader_change change = transaction_change(&kept, unsure);

    if (change.zone_count > FEED_ZONES_MAX || change.soa_count > FEED_ZONES_MAX ||
        change.row_count > FEED_ROWS_MAX) {
        fuzz_fail("more is told than the limits allow");
    }
    if (unsure && change.row_count > 0) {
        fuzz_fail("rows are told of zones that are to be read whole");
    }
    for (size_t i = 0; i < change.row_count; i++) {
        const struct loader_row *row = &change.rows[i];
        for (size_t k = 0; row->had_owner && k < row->owner_len; k++) {
            sum += change.owners[row->owner_off + k];
        }
    }
    if (sum > change.row_count * UINT16_MAX * UINT8_MAX) {
        fuzz_fail("never; but the octets must have been read");
    }
    transaction_release(&kept);
}

static void run_event(struct input *in)
{
    struct stream_event event = {.kind = STREAM_OTHER};

    switch (read_number(in, 1) % EVENT_KINDS) {
    case EVENT_TABLE:
        read_table(in, &event);
        transaction_table(&transaction, &event);
        break;
    case EVENT_ROWS:
        read_rows(in, &event);
        transaction_rows(&transaction, &event);
        break;
    case EVENT_TEXT:
        read_text(in, &event);
        transaction_text(&transaction, &event);
        break;
    case EVENT_CHANGE:
        check_change(read_number(in, 1) & 1);
        break;
    default:
        transaction_begin(&transaction, &layout);
        break;
    }
    while (in->block_count > 0) {
        free(in->blocks[--in->block_count]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct input in = {.at = data, .left = len};

    transaction_begin(&transaction, &layout);
    while (in.left > 0) {
        run_event(&in);
    }
    check_change(false);
    check_change(true);
    transaction_release(&transaction);
    return 0;
}
