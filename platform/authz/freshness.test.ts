import { stat } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { Freshness } from './freshness.ts';

/** A peer whose data has a revision; every question stays open until the test answers it. */
class Peer {
  revision = 1;
  state: 'there' | 'away' | 'hung' = 'there';
  /** What the follower has taken over. */
  seen = 0;
  questions: { answer(revision?: number): void; refuse(): void; waitMs: number }[] = [];

  readonly ask = (waitMs: number): Promise<() => void> => {
    const asked = new Promise<number>((resolve, reject) => {
      this.questions.push({
        waitMs,
        answer: (revision = this.revision) => resolve(revision),
        refuse: () => reject(new Error('away')),
      });
    });
    if (this.state === 'there' && waitMs === 0) this.last.answer();
    if (this.state === 'away') this.last.refuse();
    return asked.then((revision) => () => {
      this.seen = revision;
    });
  };

  get last() {
    return this.questions.at(-1) as Peer['questions'][number];
  }
}

const DENIED = {
  code: 'Unavailable',
  message: 'the weather cannot be confirmed as current',
  hint: 'check that the sky service is running and reachable, then try again',
};

let clock: { time: number; now(): number };
let peer: Peer;
let freshness: Freshness;
beforeEach(() => {
  clock = { time: 1_000_000, now: () => clock.time };
  peer = new Peer();
  freshness = new Freshness({ clock, peer: 'sky', subject: 'the weather', ask: peer.ask });
});

/** How long it took, whatever came of it. */
async function duration(work: Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work.catch(() => undefined);
  return performance.now() - from;
}

/** Lets what was answered be taken over. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('what is known', () => {
  it('is nothing before the first answer', async () => {
    expect(freshness.fresh()).toBe(false);
    peer.state = 'away';
    await expect(freshness.confirm()).rejects.toMatchObject(DENIED);
  });

  it('is believed for two seconds without asking', async () => {
    await freshness.confirm();
    clock.time += 1_999;
    expect(freshness.fresh()).toBe(true);
    await freshness.confirm();
    expect(peer.questions).toHaveLength(1);
    clock.time += 1;
    expect(freshness.fresh()).toBe(false);
    await freshness.confirm();
    expect(peer.questions).toHaveLength(2);
  });

  it.each(['away', 'hung'] as const)('is believed for less than five seconds while the peer is %s', async (state) => {
    await freshness.confirm();
    peer.state = state;
    clock.time += 4_999;
    await expect(freshness.confirm()).resolves.toBeUndefined();
    clock.time += 1;
    await expect(freshness.confirm()).rejects.toMatchObject(DENIED);
    peer.state = 'there';
    await expect(freshness.confirm()).resolves.toBeUndefined();
    expect(freshness.fresh()).toBe(true);
  });

  it('is not believed after a change of this process until the peer was asked again', async () => {
    await freshness.confirm();
    freshness.changed();
    expect(freshness.fresh()).toBe(false);
    peer.state = 'away';
    await expect(freshness.confirm()).rejects.toMatchObject(DENIED);
    peer.state = 'there';
    await freshness.confirm();
    expect(freshness.fresh()).toBe(true);
  });
});

describe('a peer that hangs', () => {
  it('keeps a request for about a second, whether it is denied or not', async () => {
    await freshness.confirm();
    peer.state = 'hung';
    for (const passed of [3_000, 3_000]) {
      clock.time += passed;
      const took = await duration(freshness.confirm());
      expect(took).toBeGreaterThan(900);
      expect(took).toBeLessThan(2_500);
    }
  });

  it('keeps a request for about a second that needs what is not known, and none when it has not confirmed', async () => {
    await freshness.confirm();
    const hung = () => freshness.read(() => new Promise(() => undefined));
    const from = performance.now();
    await expect(hung()).rejects.toMatchObject(DENIED);
    expect(performance.now() - from).toBeLessThan(2_500);
    clock.time += 3_000;
    expect(await duration(hung())).toBeLessThan(500);
  });

  it('is not taken for one by a process that was busy while the answer came', async () => {
    await freshness.confirm();
    const reading = freshness.read(() => stat('.'));
    const until = performance.now() + 1_200;
    while (performance.now() < until);
    await expect(reading).resolves.toBeDefined();
  });

  it('is asked once by requests that come together', async () => {
    peer.state = 'hung';
    const requests = Array.from({ length: 50 }, () => freshness.confirm());
    peer.last.answer();
    await Promise.all(requests);
    expect(peer.questions).toHaveLength(1);
  });

  it('is asked again by requests that come after one has given up', async () => {
    peer.state = 'hung';
    await expect(freshness.confirm()).rejects.toMatchObject(DENIED);
    peer.state = 'there';
    await freshness.confirm();
    expect(freshness.fresh()).toBe(true);
  });
});

describe('an answer', () => {
  it('is as old as its question', async () => {
    peer.state = 'hung';
    const request = freshness.confirm();
    clock.time += 5_000;
    peer.last.answer();
    await expect(request).rejects.toMatchObject(DENIED);
    expect(freshness.fresh()).toBe(false);
  });

  it('is as old as its question when it was waited for while following', async () => {
    await freshness.confirm();
    freshness.start();
    const stopped = freshness.stop();
    expect(peer.last.waitMs).toBeGreaterThan(0);
    clock.time += 3_000;
    peer.last.answer();
    await stopped;
    expect(peer.seen).toBe(1);
    expect(freshness.fresh()).toBe(false);
  });

  it('that comes after that of a later question is neither taken over nor believed', async () => {
    await freshness.confirm();
    freshness.start();
    const stopped = freshness.stop();
    const early = peer.last;
    peer.revision = 2;
    clock.time += 2_000;
    await freshness.confirm();
    expect(peer.seen).toBe(2);
    clock.time += 1_999;
    early.answer(1);
    await stopped;
    expect(peer.seen).toBe(2);
    clock.time += 1;
    expect(freshness.fresh()).toBe(false);
  });

  it('to a question from before a change of this process proves nothing about it', async () => {
    await freshness.confirm();
    clock.time += 2_000;
    peer.state = 'hung';
    const early = freshness.confirm();
    freshness.changed();
    peer.last.answer();
    await early;
    expect(freshness.fresh()).toBe(false);
    peer.revision = 2;
    peer.state = 'there';
    await freshness.confirm();
    expect([freshness.fresh(), peer.seen]).toEqual([true, 2]);
  });

  it('that is an error of the peer about what was asked is passed on', async () => {
    await freshness.confirm();
    const error = new Error('no such thing');
    await expect(freshness.read(() => Promise.reject(error))).rejects.toBe(error);
    expect(await freshness.read(async () => 7)).toBe(7);
  });
});

describe('following', () => {
  it('keeps what is known fresh, goes on after errors, and ends', async () => {
    clock.now = () => performance.now();
    freshness.start();
    await settled();
    peer.last.refuse();
    await expect.poll(() => peer.questions.length).toBe(2);
    peer.revision = 9;
    peer.last.answer();
    await expect.poll(() => [freshness.fresh(), peer.seen]).toEqual([true, 9]);
    await expect.poll(() => peer.questions.length).toBe(3);
    const stopped = freshness.stop();
    peer.last.answer();
    await stopped;
    expect(peer.questions).toHaveLength(3);
  });
});
