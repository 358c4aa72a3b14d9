import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../../platform/observe/log.ts';
import type { Job } from '../../../../platform/store/index.ts';
import { type OrgWorld, openOrg } from '../../testing/harness.ts';
import { ConfigFollower } from './follower.ts';

const log = createLogger({ level: 'silent', name: 'follower-test' });

/** Counts what it did, and fails when told to. */
class Counting {
  turns = 0;
  fences: number[] = [];
  failing = false;

  async next(job: Job): Promise<boolean> {
    this.turns++;
    this.fences.push(job.fence);
    if (this.failing) throw new Error('a peer is away');
    return true;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (condition()) return;
    await new Promise((again) => setTimeout(again, 20));
  }
  throw new Error('it did not happen');
}

describe('the follower', () => {
  let world: OrgWorld;
  const running: ConfigFollower[] = [];
  const node = (owner: string) => {
    const follower = new ConfigFollower({ store: world.store, clock: world.clock, log, owner });
    running.push(follower);
    return follower;
  };
  beforeEach(async () => {
    world = await openOrg();
  });
  afterEach(async () => {
    for (const follower of running.splice(0)) await follower.stop();
    await world.close();
  });

  it('works on one node at a time, and another goes on when it stops', async () => {
    const [first, second] = [new Counting(), new Counting()];
    const one = node('one');
    one.start(first);
    await until(() => first.turns > 2);
    node('two').start(second);
    const before = first.turns;
    await until(() => first.turns > before + 5);
    expect(second.turns).toBe(0);
    await one.stop();
    await until(() => second.turns > 2);
    expect(Math.min(...second.fences)).toBeGreaterThan(Math.max(...first.fences));
  });

  it('tries again after a failure, holding the same job', async () => {
    const steps = new Counting();
    steps.failing = true;
    node('one').start(steps);
    await until(() => steps.turns > 0);
    steps.failing = false;
    await until(() => steps.turns > 3);
    expect(new Set(steps.fences).size).toBe(1);
  });
});
