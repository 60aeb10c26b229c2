import { describe, expect, it } from 'vitest';
import { agentHash, agentSetOf } from '../../src/cluster/agent-set.ts';
import type { ClusterCursor, Exception } from '../../src/cluster/cluster-cursor.ts';
import { planNewcomer, planResume, type TaskOfLane } from '../../src/cluster/resume-plan.ts';
import { task } from '../gateway.ts';

const start = 10;
const frontier = { realtime: 500, agentId: 'S2' };

function cursorOf(members: readonly string[], exceptions: readonly Exception[] = []): ClusterCursor {
  return {
    order: 'asc',
    query: 1,
    members: agentSetOf(members),
    leavesOutEnded: true,
    start,
    since: undefined,
    until: undefined,
    frontier: { realtime: frontier.realtime, agent: agentHash(frontier.agentId) },
    made: 600,
    exceptions,
    absent: [],
  };
}

function newcomer(cursor: ClusterCursor, present: readonly string[], agentId: string, joinedSince: string[] = []) {
  return planNewcomer(planResume(cursor, present, []), [...present, ...joinedSince], agentId, start);
}

describe('an agent that is known only after its log was resumed', () => {
  const position = 's=1;i=2;b=3;m=4;t=5;x=6';

  it('goes on where the cursor says', () => {
    const cursor = cursorOf(['S1', 'S2', 'S3'], [{ agent: agentHash('S3'), resume: { position } }]);
    expect(newcomer(cursor, ['S1', 'S2'], 'S3')).toEqual({ agentId: 'S3', resume: { position } });
  });

  it('goes on at the frontier as the only member that was missing, others begin at the start', () => {
    const cursor = cursorOf(['S1', 'S2', 'S3']);
    expect(newcomer(cursor, ['S1', 'S2'], 'S3', ['S4']).resume).toEqual({ from: 500 });
    expect(newcomer(cursor, ['S1', 'S2'], 'S4').resume).toEqual({ from: start });
  });

  it('goes on at the frontier as the last of several members that were missing', () => {
    expect(newcomer(cursorOf(['S1', 'S2', 'S3', 'S4']), ['S1', 'S2'], 'S4', ['S3']).resume).toEqual({ from: 500 });
  });

  it('goes on at the frontier as a member that was missing while another joined', () => {
    expect(newcomer(cursorOf(['S1', 'S2', 'S3']), ['S1', 'S2', 'S4'], 'S3').resume).toEqual({ from: 500 });
  });

  describe('one of several that no gateway knew, at a later gateway', () => {
    const first = planResume(cursorOf(['S1', 'S2', 'S3', 'S4']), ['S1', 'S2'], []);
    const later: ClusterCursor = { ...cursorOf(['S1', 'S2']), absent: first.absent ?? [] };

    it('goes on at the frontier of the gateway that knew it', () => {
      const { lanes, absent, membersUncertain } = planResume(later, ['S1', 'S2', 'S3', 'S4'], []);
      expect(lanes.map(({ resume }) => resume).slice(2)).toEqual([{ from: 500 }, { from: 500 }]);
      expect([absent, membersUncertain]).toEqual([[], false]);
    });

    it('does so, too, and a gap is told of it, as long as it may be another', () => {
      const { lanes, absent, membersUncertain } = planResume(later, ['S1', 'S2', 'S5'], []);
      expect(lanes[2]?.resume).toEqual({ from: 500 });
      expect([absent, membersUncertain]).toEqual([first.absent, true]);
      expect(newcomer(later, ['S1', 'S2'], 'S5')).toMatchObject({ resume: { from: 500 }, isGuessed: true });
      expect(newcomer(later, ['S1', 'S2'], 'S4', ['S3'])).toMatchObject({ resume: { from: 500 }, isGuessed: false });
    });

    it('is not sought any more once all of them are known', () => {
      const { absent } = planResume(later, ['S1', 'S2', 'S3', 'S4'], []);
      expect(
        planResume(
          { ...cursorOf(['S1', 'S2', 'S3', 'S4']), absent: absent ?? [] },
          ['S1', 'S2', 'S3', 'S4', 'S5'],
          [],
        ).lanes.at(-1)?.resume,
      ).toEqual({ from: start });
    });
  });

  it('goes on at the frontier, and is told to be a guess, while nobody knows who is missing', () => {
    const cursor = cursorOf(['S1', 'S2', 'S3', 'S4', 'S5', 'S6']);
    expect(newcomer(cursor, ['S1'], 'S9')).toMatchObject({ resume: { from: 500 }, isGuessed: true });
    expect(newcomer(cursor, ['S1', 'S2', 'S3', 'S4'], 'S6', ['S5'])).toMatchObject({ isGuessed: false });
  });

  it('begins at the start when all members are there', () => {
    expect(newcomer(cursorOf(['S1', 'S2']), ['S1', 'S2'], 'S3').resume).toEqual({ from: start });
  });
});

describe('a cursor of a service of which most tasks have ended', () => {
  const seconds = 1_000_000;
  const made = 10_000 * seconds;
  const running = Array.from({ length: 20 }, (_, at) => `S${at}/running`);
  const ended = ['S1/ended', 'S2/ended', 'S3/ended'];
  const forgotten = ['S1/forgotten', 'S2/forgotten', 'S3/forgotten'];
  const atFrontier = { from: frontier.realtime };
  const resumesOf = (cursor: ClusterCursor, agents: readonly string[], taskOf: TaskOfLane, wanted: string) => {
    const { lanes, membersUncertain } = planResume(cursor, agents, [], taskOf);
    return { resume: lanes.find(({ agentId }) => agentId === wanted)?.resume, membersUncertain };
  };
  const taskOf: TaskOfLane = (id) =>
    task(
      id,
      id.endsWith('ended') ? { completed: true, updatedAt: 9_000 } : { startedAt: id === 'S5/new' ? 10_005 : 1 },
    );

  it('counts none of them, so that one that has started since is found though they are known again', () => {
    const cursor = { ...cursorOf(running), made };
    const agents = [...running, ...ended, 'S5/new'];
    expect(resumesOf(cursor, agents, taskOf, 'S5/new')).toEqual({ resume: { from: start }, membersUncertain: false });
    expect(resumesOf(cursor, agents, taskOf, 'S1/ended').resume).toEqual(atFrontier);
    expect(resumesOf(cursor, agents, taskOf, 'S0/running').resume).toEqual(atFrontier);
  });

  it('counts them all when it is of a range', () => {
    const cursor = { ...cursorOf([...running, ...ended]), made, leavesOutEnded: false };
    expect(resumesOf(cursor, [...running, ...ended, 'S5/new'], taskOf, 'S5/new')).toEqual({
      resume: { from: start },
      membersUncertain: false,
    });
  });

  it('goes on behind the frontier with one that becomes known later', () => {
    const plan = planResume({ ...cursorOf(running), made }, running, [], taskOf);
    expect(planNewcomer(plan, running, 'S1/ended', start, taskOf).resume).toEqual(atFrontier);
  });

  it('knows by its start who has joined, where too many are forgotten to tell it by the members', () => {
    const cursor = { ...cursorOf([...running, ...forgotten]), made };
    const found = resumesOf(cursor, [...running, 'S5/new'], taskOf, 'S5/new');
    expect(found).toEqual({ resume: { from: start }, membersUncertain: true });
    const plan = planResume(cursor, running, [], taskOf);
    expect(planNewcomer(plan, running, 'S5/new', start, taskOf)).toMatchObject({
      resume: { from: start },
      isGuessed: false,
    });
  });

  it('guesses of one whose start is not known', () => {
    const cursor = { ...cursorOf([...running, ...forgotten]), made };
    const unknown = () => task('any');
    const plan = planResume(cursor, running, [], unknown);
    expect(planNewcomer(plan, running, 'S5/new', start, unknown)).toMatchObject({
      resume: atFrontier,
      isGuessed: true,
    });
  });

  it('does not take one for new of whose end it has not heard, and says that it is not sure', () => {
    const cursor = { ...cursorOf(running), made };
    const isRunning: TaskOfLane = (id) => task(id, { startedAt: 9_000 });
    const found = resumesOf(cursor, [...running, 'S1/ended'], isRunning, 'S1/ended');
    expect(found).toEqual({ resume: atFrontier, membersUncertain: true });
    const plan = planResume(cursor, running, [], isRunning);
    expect(planNewcomer(plan, running, 'S1/ended', start, isRunning)).toMatchObject({
      resume: atFrontier,
      isGuessed: true,
    });
  });

  it('does not take one for new that only journals know', () => {
    const cursor = { ...cursorOf([]), made };
    const found = resumesOf(cursor, ['S1/ended'], () => 'forgotten', 'S1/ended');
    expect(found).toEqual({ resume: atFrontier, membersUncertain: true });
  });

  it('takes what is listed as uncounted for no member', () => {
    const exceptions = forgotten.map((id) => ({ agent: agentHash(id), resume: { from: 1 }, uncounted: true }));
    const cursor = { ...cursorOf(running, exceptions), made };
    const { membersUncertain, kept } = planResume(cursor, running, [], taskOf);
    expect(membersUncertain).toBe(false);
    expect(kept?.map(({ uncounted }) => uncounted)).toEqual([true, true, true]);
  });
});
