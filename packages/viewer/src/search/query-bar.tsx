/** What is asked of the log: text, filters, time. */
export function QueryBar() {
  return <search class="query-bar" />;
}
