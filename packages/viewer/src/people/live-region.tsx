import { announcement } from './announce.ts';

/** Where {@link announce} speaks. */
export function LiveRegion() {
  return (
    <div role="status" class="unseen">
      {announcement}
    </div>
  );
}
