import { describe, expect, it } from 'vitest';
import { withoutSessions } from './quiet.ts';

/** Answers, round by round, who has sessions; the last answer stays. */
function world(...rounds: string[][]) {
  const asked: string[][] = [];
  const end = async (usernames: readonly string[]) => {
    asked.push([...usernames]);
    return new Set(rounds[Math.min(asked.length, rounds.length) - 1]);
  };
  return { asked, end };
}

describe('waiting for sessions to be gone', () => {
  it('takes three looks that find nothing, for all together', async () => {
    const { asked, end } = world([]);
    expect(await withoutSessions(['a', 'b', 'c'], end)).toEqual([]);
    expect(asked).toEqual(Array.from({ length: 3 }, () => ['a', 'b', 'c']));
  });

  it('begins anew for who turns up again, and for nobody else', async () => {
    const { asked, end } = world([], ['a'], []);
    expect(await withoutSessions(['a', 'b'], end)).toEqual([]);
    expect(asked).toEqual([['a', 'b'], ['a', 'b'], ['a', 'b'], ['a'], ['a']]);
  });

  it('names who does not go', async () => {
    const { asked, end } = world(['b']);
    expect(await withoutSessions(['a', 'b'], end)).toEqual(['b']);
    expect(asked).toHaveLength(40);
  });

  it('asks nobody about nobody', async () => {
    const { asked, end } = world([]);
    expect(await withoutSessions([], end)).toEqual([]);
    expect(asked).toEqual([]);
  });
});
