/** The entries. */
export function Log() {
  return <section class="log" role="log" aria-label="Log" />;
}
