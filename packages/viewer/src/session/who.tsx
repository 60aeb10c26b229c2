import { shortTime } from '../people/short-time.ts';
import { remaining } from './expiry.ts';
import { session, signOut } from './session.ts';
import { askToSignIn, notice } from './sign-in.tsx';

/** Who is signed in, until when, and the way out. */
export function Who() {
  const { value } = session;
  if (value.state !== 'signed-in') return null;
  const { uid, expires } = value;
  const until = expires === undefined ? '' : `until ${shortTime(new Date(expires * 1_000), new Date())}`;
  return (
    <div class="who">
      <span class="who-name">
        <span class="unseen">Signed in as </span>
        <b>{uid}</b>
        {until === '' ? null : <span class="until">, {until}</span>}
      </span>
      <button type="button" class="quiet" onClick={leave}>
        Sign out
      </button>
    </div>
  );
}

async function leave(): Promise<void> {
  await signOut();
  notice.value = session.value.state === 'signed-in' ? 'You are still signed in by DC/OS: sign out there.' : '';
}

/** Said above the log: that the token ends soon, or that it was not kept. */
export function SessionNotice() {
  const left = remaining.value;
  const [text, label, act] =
    left === undefined
      ? [notice.value, 'Good', () => (notice.value = '')]
      : [`Your token ends in ${Math.ceil(left / 60)} min.`, 'Sign in anew', askToSignIn];
  if (text === '') return null;
  return (
    <p class="notice" role="status">
      {text}{' '}
      <button type="button" onClick={act}>
        {label}
      </button>
    </p>
  );
}
