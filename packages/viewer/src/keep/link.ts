import { addressOf, type View } from '../address/view.ts';
import { absoluteBounds } from '../search/time-range.ts';

/**
 * A link that shows the same to whoever opens it, whenever: times are absolute, and it stands at an entry where there is one. It
 * carries no token.
 *
 * @param now ms since 1970
 */
export function linkTo(view: View, cursor: string | undefined, origin: string, now: number): string {
  const { since, until } = absoluteBounds(view, now);
  return `${origin}${addressOf({ ...view, since, until, at: cursor ?? view.at })}`;
}
