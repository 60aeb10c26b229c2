import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ChangePoll, type Waiter } from '../../../src/journal/log/change-poll.ts';
import { equals, everything } from '../../../src/journal/match.ts';

const never = new AbortController().signal;

describe('the poll', () => {
  it('resolves at once for a version that is already past', async () => {
    const poll = new ChangePoll({ look: () => 2 });
    await poll.changed(1, everything, never);
    await poll.changed(undefined, everything, never);
  });

  it('wakes everybody when the version changes, also when another wait saw the change first', async () => {
    let version = 1;
    const poll = new ChangePoll({ look: () => version });
    const waits = [poll.changed(1, everything, never), poll.changed(1, everything, never)];
    version = 2;
    await poll.changed(1, everything, never);
    await Promise.all(waits);
  });

  it('wakes only those concerned, where it is told who they are', async () => {
    let version = 1;
    const waiters: Waiter[] = [];
    const [a, b] = [equals('TASK', 'a'), equals('TASK', 'b')];
    const poll = new ChangePoll({
      look: () => version,
      add: (waiter) => waiters.push(waiter),
      concerned: () => waiters.filter((waiter) => waiter.match === a),
    });
    const controller = new AbortController();
    const unconcerned = poll.changed(1, b, controller.signal);
    const concerned = poll.changed(1, a, never);
    version = 2;
    await concerned;
    controller.abort(new Error('still waiting'));
    await expect(unconcerned).rejects.toThrow('still waiting');
  });

  it('looks only while somebody waits, and says when nobody does', async () => {
    let looks = 0;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const poll = new ChangePoll({
      look: () => {
        looks++;
        return 1;
      },
      end,
    });
    await expect(poll.changed(1, everything, AbortSignal.timeout(50))).rejects.toThrow(/timeout/);
    expect(looks).toBeGreaterThan(1);
    await ended;
    const before = looks;
    await sleep(40);
    expect(looks).toBe(before);
  });

  it('passes on why it cannot look, and what ends it', async () => {
    let broken = false;
    const poll = new ChangePoll({
      look: () => {
        if (broken) throw new Error('no permission');
        return 1;
      },
    });
    const waiting = poll.changed(1, everything, never);
    broken = true;
    await expect(waiting).rejects.toThrow('no permission');
    broken = false;
    const stopped = poll.changed(1, everything, never);
    poll.stop(new Error('the journal was closed'));
    await expect(stopped).rejects.toThrow('the journal was closed');
  });
});
