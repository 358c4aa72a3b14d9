/** What every adapter of the port must do, against its real server. */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTransient } from '../../domain/rotation/failures.ts';
import { TargetFailure } from '../failure.ts';
import type { Credential, CredentialChange, RotationTarget } from '../port.ts';
import { logsIn, newCredential, type Subject } from './subject.ts';
import { openWire, type Wire } from './wire.ts';

const STEPS = ['prepare', 'set', 'verify', 'finish', 'retire'] as const;
type Step = (typeof STEPS)[number];

interface Values {
  readonly change: CredentialChange;
  readonly outgoing: Credential | undefined;
}

function run(target: RotationTarget, step: Step, { change, outgoing }: Values): Promise<void> {
  if (step === 'prepare') return target.prepare();
  if (step !== 'retire') return target[step](change);
  return outgoing === undefined
    ? Promise.resolve()
    : target.retire({ outgoing, keep: [change.pending], sessions: 'keep' });
}

async function rotate(target: RotationTarget, current: Credential | undefined): Promise<Credential> {
  const pending = newCredential(target.usernameAfter(current?.username));
  const values = { change: { pending, ...(current && { current }) }, outgoing: current };
  for (const step of STEPS) await run(target, step, values);
  return pending;
}

async function failure(work: Promise<unknown>): Promise<TargetFailure> {
  const outcome = await work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(TargetFailure);
  return outcome as TargetFailure;
}

export function describeRotationTarget(
  name: string,
  start: () => Promise<Subject>,
  options: { clearTextNeverTravels: boolean },
): void {
  describe(name, () => {
    let subject: Subject;
    let wire: Wire;
    let target: RotationTarget;
    beforeAll(async () => {
      subject = await start();
      wire = await openWire(subject.serverPort);
      target = subject.target();
    });
    afterAll(async () => {
      await wire?.close();
      await subject?.stop();
    });

    it('tells a refused credential from a target that gave no answer', async () => {
      const current = await rotate(target, undefined);
      expect(await target.probe(current)).toEqual({ answer: 'valid' });
      expect(await target.probe(newCredential(current.username))).toEqual({ answer: 'refused' });
      // Redis has one user only; SQL targets answer for a name nobody has as for a wrong password.
      expect(await target.probe(newCredential('nobody'))).toEqual({ answer: 'refused' });
      wire.cutAfter(0);
      const gone = await subject.target(wire.port).probe(current);
      expect(gone).toMatchObject({ answer: 'unreachable', failure: { code: 'unreachable' } });
      wire.mend();
    });

    it('gives no verdict about a credential at any point at which the connection may end', async () => {
      const current = await rotate(target, undefined);
      const wrong = newCredential(current.username);
      for (let answers = 0; ; answers += 1) {
        wire.cutAfter(answers);
        const answer = (await subject.target(wire.port).probe(wrong)).answer;
        const cut = wire.cut;
        wire.mend();
        if (!cut) {
          expect(answer).toBe('refused');
          break;
        }
        expect(answer).toBe('unreachable');
      }
    });

    it('takes turns, and what was current works until it is retired', async () => {
      const first = await rotate(target, undefined);
      const second = newCredential(target.usernameAfter(first.username));
      const change = { pending: second, current: first };
      await target.set(change);
      expect([await logsIn(subject, first), await logsIn(subject, second)]).toEqual([true, true]);
      await target.verify(change);
      await target.finish(change);
      expect([await logsIn(subject, first), await logsIn(subject, second)]).toEqual([true, true]);
      await target.retire({ outgoing: first, keep: [second], sessions: 'keep' });
      expect([await logsIn(subject, first), await logsIn(subject, second)]).toEqual([false, true]);
      const third = await rotate(target, second);
      expect([await logsIn(subject, second), await logsIn(subject, third)]).toEqual([false, true]);
    });

    it.each(STEPS)('repeats %s after a crash at every answer of the target', { timeout: 120_000 }, async (step) => {
      let current = await rotate(target, undefined);
      let crashes = 0;
      for (let answers = 0; ; answers += 1) {
        const pending = newCredential(target.usernameAfter(current.username));
        const values: Values = { change: { pending, current }, outgoing: current };
        for (const before of STEPS.slice(0, STEPS.indexOf(step))) await run(target, before, values);

        wire.cutAfter(answers);
        const broken = await run(subject.target(wire.port), step, values).catch((error: unknown) => error);
        const { cut } = wire;
        wire.mend();
        if (cut) {
          crashes += 1;
          // The answer that got lost may have been the last one, to a goodbye.
          if (broken !== undefined) {
            expect(broken).toBeInstanceOf(TargetFailure);
            expect(isTransient((broken as TargetFailure).code), String(broken)).toBe(true);
          }
        } else expect(broken).toBeUndefined();
        // The label has moved when it comes to retiring.
        expect(await logsIn(subject, step === 'retire' ? pending : current)).toBe(true);

        for (const next of STEPS.slice(STEPS.indexOf(step)))
          for (let repeats = 0; repeats < 2; repeats += 1) {
            await run(target, next, values);
            expect(await logsIn(subject, next === 'retire' ? pending : current)).toBe(true);
          }
        expect([await logsIn(subject, current), await logsIn(subject, pending)]).toEqual([false, true]);
        current = pending;
        if (!cut) break;
      }
      expect(crashes).toBeGreaterThan(0);
    });

    it('does not act for somebody whose current credential is refused', async () => {
      const current = await rotate(target, undefined);
      const forged = newCredential(current.username);
      const pending = newCredential(target.usernameAfter(current.username));
      expect((await failure(target.set({ pending, current: forged }))).code).toBe('current-refused');
      expect([await logsIn(subject, current), await logsIn(subject, pending)]).toEqual([true, false]);
    });

    it('acts for its own users only', async () => {
      const current = await rotate(target, undefined);
      const stranger = newCredential('somebody_else');
      expect((await failure(target.set({ pending: stranger, current }))).code).toBe('wrong-identity');
      expect((await failure(target.retire({ outgoing: stranger, keep: [current], sessions: 'end' }))).code).toBe(
        'wrong-identity',
      );
      expect((await failure(target.retire({ outgoing: current, keep: [current], sessions: 'end' }))).code).toBe(
        'still-needed',
      );
      expect(await logsIn(subject, current)).toBe(true);
    });

    it('refuses to call a password good that is not, or a value that was never set', async () => {
      const current = await rotate(target, undefined);
      const pending = newCredential(target.usernameAfter(current.username));
      expect((await failure(target.verify({ pending, current }))).code).toBe('pending-refused');
      expect((await failure(target.finish({ pending, current }))).code).toBe('pending-refused');
    });

    it('ends the sessions of what it retires', async () => {
      const first = await rotate(target, undefined);
      const sessions = await Promise.all(Array.from({ length: 5 }, () => subject.connect(first)));
      expect(await subject.sessions(first.username)).toBe(5);
      const second = newCredential(target.usernameAfter(first.username));
      await target.set({ pending: second, current: first });
      for (const session of sessions) await session.work();
      await target.retire({ outgoing: first, keep: [second], sessions: 'end' });
      expect(await subject.sessions(first.username)).toBe(0);
      for (const session of sessions) await expect(session.work()).rejects.toThrow();
      for (const session of sessions) session.close();
    });

    it('takes any password of printable ASCII as it is, and no other', { timeout: 120_000 }, async () => {
      let current = await rotate(target, undefined);
      const hostile = fc.oneof(
        fc.string({ unit: fc.constantFrom("'", '"', '\\', '`', '$', '#', '%', ' ', ';', '-', 'x'), minLength: 1 }),
        fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 80 }),
        fc.constantFrom("'; DROP ROLE shop_owner; --", '$$', "\\'", 'E\\x27', ' ', '#'.repeat(512)),
      );
      await fc.assert(
        fc.asyncProperty(hostile, async (text) => {
          const password = Buffer.from(text);
          const pending = { username: target.usernameAfter(current.username), password };
          if (current.password.equals(password)) return;
          await target.set({ pending, current });
          await target.verify({ pending, current });
          expect(await logsIn(subject, pending)).toBe(true);
          await target.retire({ outgoing: current, keep: [pending], sessions: 'keep' });
          current = pending;
        }),
        { numRuns: 25 },
      );
      for (const text of ['', 'é', 'a\0b', 'a\nb', 'x'.repeat(513), '\u{1f600}']) {
        const pending = { username: target.usernameAfter(current.username), password: Buffer.from(text) };
        expect((await failure(target.set({ pending, current }))).code).toBe('password-unsuitable');
      }
    });

    it('says nothing of a secret in a failure', async () => {
      const current = await rotate(target, undefined);
      const forged = newCredential(current.username);
      const pending = newCredential(target.usernameAfter(current.username));
      const failures = [
        await failure(target.set({ pending, current: forged })),
        await failure(target.verify({ pending, current })),
        await failure(target.set({ pending: { ...pending, username: 'stranger' }, current })),
      ];
      wire.cutAfter(2);
      failures.push(await failure(subject.target(wire.port).set({ pending, current })));
      wire.mend();
      const shown = failures.map((one) => `${one.stack}${inspect(one, { depth: 9, showHidden: true })}`).join('\n');
      for (const { password } of [current, forged, pending]) expect(shown).not.toContain(password.toString());
    });

    it('waits out a target that is down', { timeout: 60_000 }, async () => {
      const current = await rotate(target, undefined);
      const pending = newCredential(target.usernameAfter(current.username));
      const change = { pending, current };
      await subject.kill();
      for (const step of STEPS) {
        const refused = await failure(run(target, step, { change, outgoing: current }));
        expect(refused.code).toBe('unreachable');
      }
      expect(await target.probe(current)).toMatchObject({ answer: 'unreachable' });
      await subject.start();
      expect(await logsIn(subject, current)).toBe(true);
      for (const step of STEPS) await run(target, step, { change, outgoing: current });
      expect([await logsIn(subject, current), await logsIn(subject, pending)]).toEqual([false, true]);
      await subject.kill();
      await subject.start();
      expect(await logsIn(subject, pending)).toBe(true);
    });

    it.runIf(options.clearTextNeverTravels)('sends no password in the clear, not even its own', async () => {
      const wired = subject.target(wire.port);
      wire.heard();
      const first = await rotate(wired, undefined);
      const second = await rotate(wired, first);
      const heard = wire.heard();
      expect(heard.includes(Buffer.from(second.username))).toBe(true);
      for (const { password } of [first, second]) expect(heard.includes(password)).toBe(false);
    });
  });
}
