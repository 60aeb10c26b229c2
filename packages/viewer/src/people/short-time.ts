/** A time of today as `14:05`, of another day with its date: as the reader's language has it. */
export function shortTime(time: Date, now: Date): string {
  const isToday = time.toDateString() === now.toDateString();
  return time.toLocaleString([], { timeStyle: 'short', ...(isToday ? {} : { dateStyle: 'medium' }) });
}
