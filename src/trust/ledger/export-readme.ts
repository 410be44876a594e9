/** The page that goes with an exported log. */
export const EXPORT_README = `# An exported ledger

Each folder here (changes, access) is one log, in the formats of C2SP (tlog-tiles, tlog-checkpoint, tlog-cosignature, signed-note). They are plain files;
any program for such logs reads them.

| file | what it is |
| --- | --- |
| key | the log's public keys as vkeys, a line each: Ed25519, then ML-DSA-44. Compare them with those you were given on paper: what is in this folder proves nothing about itself |
| checkpoint | the log's size and root hash, signed: origin, size, base64 root, empty line, signatures |
| checkpoints | those it signed earlier, an empty line between two |
| cosigned | the latest that witnesses cosigned |
| tile/entries/… | the entries, 256 a file, each behind its length (two bytes, big-endian). An entry is JSON (RFC 8785): what was done to what, when |
| tile/0/… | the hashes of the entries: SHA-256 of a zero byte and the entry, 32 bytes each |
| tile/1/…, tile/2/… | the hashes above them: SHA-256 of a one byte, the left and the right hash |
| personal/… | what of each entry can be erased (who, with which credential, the object's name, why), a JSON object a file of 256 entries. An entry's "personal" is the SHA-256 of its record there, as canonical JSON. A record that is gone was erased; an entry of type "erasure" says when |

A file's number is written in groups of three digits (x001/234 is 1234); \`.p/N\` at the end of a name says that the file has only N of 256.

## With Casemate
    casemate ledger verify --from DIR --key FILE
recomputes all of it, offline, and names what is wrong. --policy FILE instead of --key holds it against witnesses as well.

## With nothing but common tools
The first entry of a log, and its hash, which are the first 32 bytes of tile/0/000 (or tile/0/000.p/N):
    f=$(ls changes/tile/entries/000 changes/tile/entries/000.p/* 2>/dev/null | head -1)
    n=$((0x$(head -c2 "$f" | od -An -tx1 | tr -d ' \\n')))
    tail -c+3 "$f" | head -c$n                                          # the entry
    (printf '\\0'; tail -c+3 "$f" | head -c$n) | sha256sum               # its hash

The signature of the checkpoint (Ed25519), with OpenSSL 3:
    sed '/^$/,$d' changes/checkpoint > text
    head -1 changes/key | cut -d+ -f3- | base64 -d | tail -c32 > raw
    (printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; cat raw) > key.der
    grep '^— ' changes/checkpoint | head -1 | cut -d' ' -f3 | base64 -d | tail -c+5 > signature
    openssl pkeyutl -verify -rawin -in text -sigfile signature -pubin -keyform DER -inkey key.der
`;
