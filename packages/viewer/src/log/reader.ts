/** Shows the entry with this cursor, with what is around it. */
export function showAt(_cursor: string): void {}
