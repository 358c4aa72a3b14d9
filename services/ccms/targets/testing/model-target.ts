/** What a database is to a rotation, in its simplest form: which passwords each user has, and whether it answers. */
import { TargetFailure } from '../failure.ts';
import type { Credential, RotationTarget } from '../port.ts';

export interface ModelTarget extends RotationTarget {
  up: boolean;
  accepts(credential: Credential): boolean;
  /** Somebody changes a password at the database, past us. */
  outsider(username: string): void;
}

export function modelTarget(overlap: RotationTarget['overlap']): ModelTarget {
  const passwords = new Map<string, Set<string>>();
  const of = (username: string) => passwords.get(username) ?? new Set<string>();
  const text = (credential: Credential) => credential.password.toString();
  const accepts = (credential: Credential) => of(credential.username).has(text(credential));
  const answer = () => {
    if (!model.up) throw new TargetFailure('unreachable', 'model');
  };
  const need = (credential: Credential) => {
    answer();
    if (!accepts(credential)) throw new TargetFailure('pending-refused', 'model');
  };
  const model: ModelTarget = {
    overlap,
    up: true,
    accepts,
    outsider: (username) => void passwords.set(username, new Set(['outsider'])),
    usernameAfter: (current) => (overlap === 'dual-password' ? 'app' : current === 'a' ? 'b' : 'a'),
    async probe(credential) {
      if (!model.up) return { answer: 'unreachable', failure: new TargetFailure('unreachable', 'model') };
      return { answer: accepts(credential) ? 'valid' : 'refused' };
    },
    async prepare() {
      answer();
    },
    async set({ pending, current }) {
      answer();
      if (accepts(pending)) return;
      if (current !== undefined && !accepts(current)) throw new TargetFailure('current-refused', 'model');
      const kept = overlap === 'dual-password' ? of(pending.username) : [];
      passwords.set(pending.username, new Set([...kept, text(pending)]));
    },
    verify: async ({ pending }) => need(pending),
    finish: async ({ pending }) => need(pending),
    async retire({ outgoing, keep }) {
      answer();
      for (const kept of keep)
        if (kept.username === outgoing.username && (overlap !== 'dual-password' || text(kept) === text(outgoing)))
          throw new TargetFailure('still-needed', 'model');
      if (overlap === 'dual-password') of(outgoing.username).delete(text(outgoing));
      else passwords.set(outgoing.username, new Set());
    },
  };
  return model;
}
