import { afterAll, beforeAll, describe, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { doesNotApply } from './does-not-apply.ts';
import { type SetUp, type SetUpName, setUpNames } from './set-ups.ts';
import { World, type WorldOptions } from './world.ts';

export type Check = (setUp: SetUp, world: World) => Promise<void>;

/**
 * Holds one point of the checklist against every set-up.
 *
 * @param instead what is so where `doesNotApply` names the set-up
 */
export type Point = (
  number: number,
  promise: string,
  check: Check,
  instead?: Readonly<Partial<Record<SetUpName, Check>>>,
) => void;

/** Holds something beside the checklist against set-ups; default: all of them. */
export type Also = (promise: string, check: Check, on?: readonly SetUpName[]) => void;

export interface Chapter extends WorldOptions {
  /** Done for each set-up when the world stands, before any point. */
  readonly begin?: Check;
}

/** A chapter of the checklist, with a world of its own. */
export function chapter(title: string, options: Chapter, declare: (point: Point, also: Also) => void): void {
  describe(title, () => {
    let world: World;
    beforeAll(async () => {
      world = await World.start(options);
      for (const name of availableSetUps) await options.begin?.(world.setUp(name), world);
    });
    afterAll(() => world?.stop());

    for (const name of setUpNames) {
      describe.skipIf(!availableSetUps.includes(name))(name, () => {
        const point: Point = (number, promise, check, instead = {}) => {
          const reason = doesNotApply[number]?.[name];
          const replaced = instead[name];
          if ((reason === undefined) !== (replaced === undefined)) {
            throw new Error(
              `point ${number}: expected a check in place of it for ${name} just where it does not apply`,
            );
          }
          const said = reason === undefined ? promise : `does not apply: ${reason}`;
          it(`${number} ${said}`, async () => {
            await (replaced ?? check)(world.setUp(name), world);
          });
        };
        const also: Also = (promise, check, on = setUpNames) => {
          if (on.includes(name)) it(promise, async () => check(world.setUp(name), world));
        };
        declare(point, also);
      });
    }
  });
}

const availableSetUps: readonly SetUpName[] = setUpNames.filter(
  (name) => name !== 'nginx' || !cannotRun(whyNoPrograms('nginx')),
);
