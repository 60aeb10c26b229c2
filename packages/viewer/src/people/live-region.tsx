import { announcements } from './announce.ts';

/** Where {@link announce} speaks: each new line is read, the others are not again. */
export function LiveRegion() {
  return (
    <div role="status" aria-atomic="false" class="unseen">
      {announcements.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}
