import { computed, signal } from '@preact/signals';
import { announce } from '../people/announce.ts';
import { Dialog } from '../people/dialog.tsx';
import { session, signIn } from './session.ts';

/** A reader who is signed in wants to be with another token, before his ends. */
const wanted = signal(false);
const open = computed(() => wanted.value || session.value.state === 'signed-out');
const problem = signal('');
/** What there is to say after it went well. */
export const notice = signal('');

/** In a dialog that is where one begins. */
const first = { autofocus: true };

/** Shows the form to a reader who is signed in. */
export function askToSignIn(): void {
  wanted.value = true;
}

async function submit(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const given = new FormData(form);
  problem.value = '';
  try {
    notice.value = await signIn(String(given.get('token')), given.has('keep'));
  } catch (error) {
    problem.value = (error as Error).message;
    return;
  }
  form.reset();
  wanted.value = false;
  announce(`Signed in. ${notice.value}`);
}

/** The form for a token, over whatever the page shows: all of that stays, and goes on when somebody has signed in. */
export function SignIn() {
  const { value } = session;
  const ended = value.state === 'signed-out' && value.uid !== undefined;
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
          id="token"
          name="token"
          {...first}
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
          <input name="keep" type="checkbox" />
          Remember it in this browser until it ends
        </label>
        <p id="sign-in-problem" class="problem" role="alert">
          {problem}
        </p>
        <div class="buttons">
          <button type="submit" class="primary">
            Sign in
          </button>
        </div>
      </form>
    </Dialog>
  );
}
