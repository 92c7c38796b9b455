#include "snapshot/format.h"

#include <sodium.h>
#include <stdio.h>

/* As PNG's: a file that went through a text conversion is no longer ours. */
static const uint8_t magic[8] = {0x89, 'M', 'Y', 'D', '\r', '\n', 0x1a, '\n'};

enum { UID_LEN = 64, FILE_LEN = 128, GTID_LEN = 256 };

void snapshot_digest(uint8_t out[static DIGEST_LEN], const void *octets, size_t len)
{
    crypto_generichash(out, DIGEST_LEN, octets, len, NULL, 0);
}

void snapshot_conf_digest(uint8_t out[static DIGEST_LEN], const struct conf *conf)
{
    const char *texts[] = {conf->database, conf->soa_table, conf->rr_table,
                           conf->soa_where != NULL ? conf->soa_where : "",
                           conf->rr_where != NULL ? conf->rr_where : ""};
    struct octets_out all = {0};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        out_octets(&all, texts[i], strlen(texts[i]) + 1);
    }
    out8(&all, conf->use_soa_active);
    out8(&all, conf->use_rr_active);
    out8(&all, conf->txt_format);
    out8(&all, conf->ignore_minimum);
    snapshot_digest(out, all.octets, all.len);
    free(all.octets);
}

void head_write(uint8_t out[static HEAD_LEN], const struct snapshot_head *head)
{
    struct octets_out all = {0};

    out_octets(&all, magic, sizeof magic);
    out32(&all, SNAPSHOT_VERSION);
    out32(&all, head->zones);
    out64(&all, head->list_off);
    out64(&all, head->list_len);
    out_octets(&all, head->list_digest, DIGEST_LEN);
    out_octets(&all, head->conf, DIGEST_LEN);
    out64(&all, (uint64_t)head->saved_at);
    out64(&all, (uint64_t)head->there_at);
    out64(&all, head->rows);
    out32(&all, head->blocks);
    out_text(&all, head->place.position.server_uid, UID_LEN);
    out_text(&all, head->place.position.binlog_file, FILE_LEN);
    out64(&all, head->place.position.binlog_pos);
    out_text(&all, head->place.position.gtid, GTID_LEN);
    out64(&all, head->place.layout);
    out_text(&all, head->served.server_uid, UID_LEN);
    out_text(&all, head->served.gtid, GTID_LEN);
    memset(out, 0, HEAD_LEN);
    memcpy(out, all.octets, all.len);
    free(all.octets);
    snapshot_digest(out + HEAD_DIGEST_OFF, out, HEAD_DIGEST_OFF);
}

static const char *check_sizes(const struct snapshot_head *head, uint64_t file_len)
{
    if (head->list_off < HEAD_LEN || head->list_len > LIST_LEN_MAX ||
        head->list_off > INT64_MAX - LIST_LEN_MAX) {
        return "is damaged (its head)";
    }
    uint64_t whole = head->list_off + head->list_len;
    if (whole != file_len) {
        return whole > file_len ? "is truncated" : "is damaged (something stands behind its end)";
    }
    uint64_t least =
        (uint64_t)head->blocks * BLOCK_ENTRY_LEN + (uint64_t)head->zones * (ZONE_ENTRY_LEN + 1);
    return head->list_len < least || head->blocks > head->zones ? "is damaged (its head)" : NULL;
}

static const char *read_fields(const uint8_t *in, uint64_t file_len, struct snapshot_head *head)
{
    struct octets_in octets = {in, in + HEAD_LEN, false};
    uint8_t digest[DIGEST_LEN];

    snapshot_digest(digest, in, HEAD_DIGEST_OFF);
    if (memcmp(digest, in + HEAD_DIGEST_OFF, DIGEST_LEN) != 0) {
        return "is damaged (its head)";
    }
    (void)in_take(&octets, sizeof magic + 4);
    head->zones = in32(&octets);
    head->list_off = in64(&octets);
    head->list_len = in64(&octets);
    memcpy(head->list_digest, in_take(&octets, DIGEST_LEN), DIGEST_LEN);
    memcpy(head->conf, in_take(&octets, DIGEST_LEN), DIGEST_LEN);
    head->saved_at = (int64_t)in64(&octets);
    head->there_at = (int64_t)in64(&octets);
    head->rows = in64(&octets);
    head->blocks = in32(&octets);
    in_text(&octets, head->place.position.server_uid, sizeof head->place.position.server_uid,
            UID_LEN);
    in_text(&octets, head->place.position.binlog_file, sizeof head->place.position.binlog_file,
            FILE_LEN);
    head->place.position.binlog_pos = in64(&octets);
    in_text(&octets, head->place.position.gtid, sizeof head->place.position.gtid, GTID_LEN);
    head->place.layout = in64(&octets);
    in_text(&octets, head->served.server_uid, sizeof head->served.server_uid, UID_LEN);
    in_text(&octets, head->served.gtid, sizeof head->served.gtid, GTID_LEN);
    return check_sizes(head, file_len);
}

bool head_read(const uint8_t in[static HEAD_LEN], uint64_t file_len, struct snapshot_head *head,
               char *err, size_t cap)
{
    struct octets_in version_in = {in + sizeof magic, in + HEAD_LEN, false};
    uint32_t version = in32(&version_in);
    const char *wrong;

    if (memcmp(in, magic, sizeof magic) != 0) {
        wrong = "is no snapshot of mydns";
    } else if (version != SNAPSHOT_VERSION) {
        snprintf(err, cap, "was saved by another version of mydns (format %u, this one reads %d)",
                 version, SNAPSHOT_VERSION);
        return false;
    } else {
        wrong = read_fields(in, file_len, head);
    }
    if (wrong != NULL) {
        snprintf(err, cap, "%s", wrong);
    }
    return wrong == NULL;
}

void block_entry_write(struct octets_out *out, const struct block_entry *entry)
{
    out64(out, entry->len);
    out32(out, entry->zones);
    out_octets(out, entry->digest, DIGEST_LEN);
}

void block_entry_read(struct octets_in *in, struct block_entry *entry)
{
    entry->len = in64(in);
    entry->zones = in32(in);
    const uint8_t *digest = in_take(in, DIGEST_LEN);
    if (digest != NULL) {
        memcpy(entry->digest, digest, DIGEST_LEN);
    }
}

void zone_entry_write(struct octets_out *out, const struct zone_entry *entry)
{
    out32(out, entry->id);
    out32(out, entry->serial);
    out8(out, entry->flags);
    out64(out, entry->len);
    out_octets(out, entry->origin.octets, entry->origin.len);
}

void zone_entry_read(struct octets_in *in, struct zone_entry *entry)
{
    entry->id = in32(in);
    entry->serial = in32(in);
    entry->flags = in8(in);
    entry->len = in64(in);
    in_name(in, &entry->origin);
    name_lower(entry->origin.octets, entry->origin.octets, entry->origin.len);
    in->bad |= entry->len > CONTENT_LEN_MAX ||
               (entry->len > 0) != ((entry->flags & ENTRY_LOADED) != 0) ||
               ((entry->flags & ENTRY_STRUCK) != 0 && entry->len > 0);
}
