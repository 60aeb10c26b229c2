/**
 * Whether journald would store a field of this name: 1 to 64 of `A-Z`, `0-9`, `_`, not starting with a digit. A leading
 * underscore marks fields that only journald itself writes; they may be asked for like any other.
 * (systemd src/libsystemd/sd-journal/journal-file.c, `journal_field_valid`.)
 */
export function isFieldName(name: string): boolean {
  return /^[A-Z_][A-Z0-9_]{0,63}$/.test(name);
}
