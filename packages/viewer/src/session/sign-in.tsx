import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { announce } from '../people/announce.ts';
import { Dialog } from '../people/dialog.tsx';
import { session, signIn } from './session.ts';

/** A reader who is signed in wants to be with another token, before his ends. */
const wanted = signal(false);
const open = computed(() => wanted.value || session.value.state === 'signed-out');
const problem = signal('');
/** What there is to say after it went well. */
export const notice = signal('');
const busy = signal(false);

/** Shows the form to a reader who is signed in. */
export function askToSignIn(): void {
  wanted.value = true;
}

/** The form for a token, over whatever the page shows: all of that stays, and goes on when somebody has signed in. */
export function SignIn() {
  const token = useRef<HTMLInputElement>(null);
  const keep = useRef<HTMLInputElement>(null);
  useEffect(
    () =>
      open.subscribe((isOpen) => {
        if (isOpen) queueMicrotask(() => token.current?.focus());
      }),
    [],
  );
  const { value } = session;
  const ended = value.state === 'signed-out' && value.uid !== undefined;
  const submit = async (event: Event) => {
    event.preventDefault();
    const field = token.current;
    if (field === null || busy.value) return;
    busy.value = true;
    problem.value = '';
    const result = await signIn(field.value, keep.current?.checked === true);
    busy.value = false;
    if (!result.done) {
      problem.value = result.problem;
      field.focus();
      field.select();
      return;
    }
    field.value = '';
    wanted.value = false;
    notice.value = result.notice ?? '';
    announce(['Signed in.', result.notice].filter(Boolean).join(' '));
  };
  return (
    <Dialog
      title={ended ? 'Your token has ended' : 'Sign in'}
      open={open}
      class="sign-in"
      onClose={value.state === 'signed-out' ? undefined : () => (wanted.value = false)}
    >
      <form onSubmit={submit}>
        {ended ? (
          <p>
            You were signed in as <b>{value.uid}</b>. With a new token the page goes on where it stands.
          </p>
        ) : null}
        <label for="token">Token</label>
        <input
          ref={token}
          id="token"
          type="password"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          required
          aria-describedby="token-help sign-in-problem"
          aria-invalid={problem.value !== ''}
        />
        <p id="token-help" class="hint">
          A JWT of your identity provider, of <code>clusterlog-gateway token</code> or, on DC/OS,{' '}
          <code>dcos config show core.dcos_acs_token</code>.
        </p>
        <label class="check">
          <input ref={keep} type="checkbox" />
          Remember it in this browser until it ends
        </label>
        <p id="sign-in-problem" class="problem" role="alert">
          {problem}
        </p>
        <div class="buttons">
          <button type="submit" class="primary" disabled={busy}>
            Sign in
          </button>
        </div>
      </form>
    </Dialog>
  );
}
