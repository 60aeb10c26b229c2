/** What there is to read: services, tasks, nodes, components. */
export function Sources() {
  return <nav class="sources" aria-label="Sources" />;
}
