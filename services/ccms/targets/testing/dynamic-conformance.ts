/** What every adapter of dynamic credentials must do, against its real server. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaseUsername, RANDOM_CHARACTERS } from '../../domain/leases/username.ts';
import { isTransient } from '../../domain/rotation/failures.ts';
import { revokeOne } from '../each-user.ts';
import { TargetFailure } from '../failure.ts';
import type { Credential, DynamicTarget } from '../port.ts';
import { logsIn, newCredential, type Subject } from './subject.ts';
import { openWire, type Wire } from './wire.ts';

const HOUR = 3_600_000;

export interface DynamicSubject extends Subject {
  /** Reached by this port, or the server's own. */
  dynamic(port?: number): DynamicTarget;
  exists(username: string): Promise<boolean>;
}

export function newUser(target: DynamicTarget, now = Date.now()): Credential {
  const random = randomBytes(RANDOM_CHARACTERS / 2).toString('hex');
  const parts = { principal: 'user/app', role: 'reports', random, createdAt: now };
  return newCredential(leaseUsername(parts, target.maxUsernameLength));
}

export function describeDynamicTarget(name: string, start: () => Promise<DynamicSubject>): void {
  describe(name, () => {
    let subject: DynamicSubject;
    let wire: Wire;
    let target: DynamicTarget;
    beforeAll(async () => {
      subject = await start();
      wire = await openWire(subject.serverPort);
      target = subject.dynamic();
    });
    afterAll(async () => {
      await wire?.close();
      await subject?.stop();
    });

    /** Does it with the wire cut after every number of answers; `repeat` must then make it as if nothing had been. */
    async function atEveryAnswer(
      prepare: () => Promise<Credential>,
      work: (target: DynamicTarget, user: Credential) => Promise<unknown>,
      check: (user: Credential) => Promise<void>,
    ): Promise<void> {
      let crashes = 0;
      for (let answers = 0; ; answers += 1) {
        const user = await prepare();
        wire.cutAfter(answers);
        const broken = await work(subject.dynamic(wire.port), user).then(
          () => undefined,
          (error: unknown) => error,
        );
        const { cut } = wire;
        wire.mend();
        if (broken !== undefined) {
          expect(broken).toBeInstanceOf(TargetFailure);
          expect(isTransient((broken as TargetFailure).code), String(broken)).toBe(true);
          crashes += 1;
        }
        for (let repeats = 0; repeats < 2; repeats += 1) {
          await work(target, user);
          await check(user);
        }
        await revokeOne(target, user.username);
        if (!cut) break;
      }
      expect(crashes).toBeGreaterThan(0);
      expect(await target.list(1000)).toEqual([]);
    }

    it('makes a user, after a crash at any answer too', { timeout: 120_000 }, () =>
      atEveryAnswer(
        async () => newUser(target),
        (at, user) => at.create(user, Date.now() + HOUR, Date.now()),
        async (user) => expect(await logsIn(subject, user)).toBe(true),
      ),
    );

    it('revokes a user with its sessions, after a crash at any answer too', { timeout: 120_000 }, () => {
      let session: Awaited<ReturnType<Subject['connect']>>;
      return atEveryAnswer(
        async () => {
          const user = newUser(target);
          await target.create(user, Date.now() + HOUR, Date.now());
          session = await subject.connect(user);
          await session.work();
          return user;
        },
        (at, user) => revokeOne(at, user.username),
        async (user) => {
          expect(await subject.exists(user.username)).toBe(false);
          expect(await subject.sessions(user.username)).toBe(0);
          await expect(session.work()).rejects.toThrow();
          expect(await logsIn(subject, user)).toBe(false);
          session.close();
        },
      );
    });

    it('renews a user, and says when there is none', async () => {
      const user = newUser(target);
      expect(await target.renew(user.username, Date.now() + HOUR, Date.now())).toBe('absent');
      await target.create(user, Date.now() + HOUR, Date.now());
      expect(await target.renew(user.username, Date.now() + 3 * HOUR, Date.now())).toBe('renewed');
      expect(await logsIn(subject, user)).toBe(true);
      await revokeOne(target, user.username);
      expect(await target.renew(user.username, Date.now() + HOUR, Date.now())).toBe('absent');
    });

    it('finds what it made, in pages, and nothing else', async () => {
      const users = Array.from({ length: 5 }, () => newUser(target));
      for (const user of users) await target.create(user, Date.now() + HOUR, Date.now());
      const names = users.map((user) => user.username).sort();
      const first = await target.list(3);
      const rest = await target.list(3, first[2]!.username);
      expect([...first, ...rest].map((user) => user.username)).toEqual(names);
      for (const user of users) await revokeOne(target, user.username);
      expect(await target.list(10)).toEqual([]);
    });

    it('touches no user but its own', async () => {
      for (const name of ['shop_a', 'postgres', 'root', 'V-app', '']) {
        await expect(revokeOne(target, name)).rejects.toMatchObject({ code: 'name-unsuitable' });
        await expect(target.create(newCredential(name), Date.now() + HOUR, Date.now())).rejects.toMatchObject({
          code: 'name-unsuitable',
        });
      }
    });

    it("revokes many at once, in the time of one, and one that it may not touch is in nobody's way", async () => {
      const users = Array.from({ length: 20 }, () => newUser(target));
      for (const user of users) await target.create(user, Date.now() + HOUR, Date.now());
      const sessions = await Promise.all(users.slice(0, 3).map((user) => subject.connect(user)));
      const names = users.map((user) => user.username);
      const failures = await target.revoke([...names.slice(0, 10), 'shop_a', 'v-nobody', ...names.slice(10)]);
      expect([...failures].map(([name, { code }]) => [name, code])).toEqual([['shop_a', 'name-unsuitable']]);
      expect(await target.list(100)).toEqual([]);
      for (const { username } of users) expect(await subject.sessions(username)).toBe(0);
      for (const session of sessions) {
        await expect(session.work()).rejects.toThrow();
        session.close();
      }
      expect((await target.revoke([])).size).toBe(0);
    });

    it('takes any name that a database takes', async () => {
      for (const tail of [`'"`, '`; DROP USER x', '\\', '%', '_', 'ü€', '$$', "\\' OR 1=1 --"]) {
        const user = newCredential(`v-${tail}`);
        await target.create(user, Date.now() + HOUR, Date.now());
        expect(await logsIn(subject, user)).toBe(true);
        expect((await target.list(10)).map((found) => found.username)).toEqual([user.username]);
        await revokeOne(target, user.username);
        expect(await subject.exists(user.username)).toBe(false);
      }
    });

    it('revokes a user who goes on opening sessions', async () => {
      const user = newUser(target);
      await target.create(user, Date.now() + HOUR, Date.now());
      let over = false;
      const opening = Array.from({ length: 4 }, async () => {
        const open: Awaited<ReturnType<Subject['connect']>>[] = [];
        while (!over) {
          try {
            open.push(await subject.connect(user));
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
          if (open.length > 10) open.shift()?.close();
        }
        for (const session of open) session.close();
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      await revokeOne(target, user.username);
      expect(await subject.sessions(user.username)).toBe(0);
      over = true;
      await Promise.all(opening);
    });
  });
}
