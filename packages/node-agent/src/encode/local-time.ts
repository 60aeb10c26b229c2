const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (number: number): string => String(number).padStart(2, '0');

/** The time that begins a line of dcos-log's text: server-local, whole seconds, `YYYY-MM-DD HH:MM:SS: `. */
export function dcosTime(second: number): string {
  const time = new Date(second * 1000);
  return `${String(time.getFullYear()).padStart(4, '0')}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock(time)}: `;
}

/** The time that begins a line of `journalctl -o short`: local, whole seconds, `Nov 14 22:13:21`. */
export function shortTime(second: number): string {
  const time = new Date(second * 1000);
  return `${months[time.getMonth()]} ${two(time.getDate())} ${clock(time)}`;
}

function clock(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
