import { describe, expect, it } from 'vitest';
import { GroupCommit } from './group-commit.ts';
import { times } from './testing/fixture.ts';

/** A disk whose commits end when the test says so. */
function slowDisk() {
  const commits: { rows: readonly number[]; end(): void; fail(error: Error): void }[] = [];
  const write = (rows: readonly number[]) =>
    new Promise<void>((resolve, reject) => {
      commits.push({ rows, end: resolve, fail: reject });
    });
  return { commits, write };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('group commit', () => {
  it('answers nobody before the commit returned', async () => {
    const { commits, write } = slowDisk();
    const group = new GroupCommit({ write });
    let answered = 0;
    const appended = times(3, (i) => group.append(i).then(() => (answered += 1)));
    for (const _ of times(5, (i) => i)) await turn();
    expect(commits.map(({ rows }) => rows)).toEqual([[0, 1, 2]]);
    expect(answered).toBe(0);
    commits[0]?.end();
    await Promise.all(appended);
    expect(answered).toBe(3);
  });

  it('writes a lone row in the same turn, without a timer', async () => {
    const { commits, write } = slowDisk();
    const group = new GroupCommit({ write });
    void group.append(1);
    await turn();
    expect(commits).toHaveLength(1);
  });

  it('writes what gathered while the disk was busy as soon as it is free', async () => {
    const { commits, write } = slowDisk();
    const group = new GroupCommit({ write });
    void group.append(1);
    await turn();
    for (const i of [2, 3, 4]) void group.append(i);
    for (const _ of times(3, (i) => i)) await turn();
    expect(commits).toHaveLength(1);
    commits[0]?.end();
    await turn();
    await turn();
    expect(commits[1]?.rows).toEqual([2, 3, 4]);
  });

  it('never puts more than 128 rows into one commit', async () => {
    const sizes: number[] = [];
    const group = new GroupCommit<number>({
      write: (rows) => {
        sizes.push(rows.length);
        return Promise.resolve();
      },
    });
    await Promise.all(times(300, (i) => group.append(i)));
    expect(Math.max(...sizes)).toBe(128);
    expect(sizes.reduce((a, b) => a + b)).toBe(300);
  });

  it('rejects the whole batch of a failed commit and nobody else', async () => {
    const { commits, write } = slowDisk();
    const group = new GroupCommit({ write });
    const first = times(3, (i) => group.append(i));
    await turn();
    const second = times(2, (i) => group.append(10 + i));
    commits[0]?.fail(new Error('disk full'));
    const outcomes = await Promise.allSettled(first);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await turn();
    expect(commits[1]?.rows).toEqual([10, 11]);
    commits[1]?.end();
    await Promise.all(second);
  });

  it('refuses rows at once when too many wait', async () => {
    const { commits, write } = slowDisk();
    const group = new GroupCommit({ write, maxQueued: 2 });
    const appended = [group.append(1), group.append(2)];
    await expect(group.append(3)).rejects.toMatchObject({ code: 'unavailable' });
    await turn();
    commits[0]?.end();
    await Promise.all(appended);
  });

  it('writes what waits when closed, and nothing later', async () => {
    const { commits, write } = slowDisk();
    const group = new GroupCommit({ write });
    const appended = group.append(1);
    let closed = false;
    const closing = group.close().then(() => {
      closed = true;
    });
    await expect(group.append(2)).rejects.toMatchObject({ code: 'unavailable' });
    await turn();
    expect([commits.length, closed]).toEqual([1, false]);
    commits[0]?.end();
    await Promise.all([appended, closing]);
  });
});
