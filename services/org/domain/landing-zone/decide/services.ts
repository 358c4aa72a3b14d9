import { delegateKey } from '../live.ts';
import { appliedTo, type Draft, forget, remember } from './draft.ts';

/** Trusted services and delegated administrators. Those that others made stay. */
export function decideServices(draft: Draft): void {
  const { desired, before, after, binding } = draft;
  for (const service of desired.services) {
    after.services.add(service);
    if (before.services.has(service) && !appliedTo(draft, 'service', service)) remember(draft, 'service', service, {});
  }
  const wanted = new Set<string>();
  for (const { service, account } of desired.delegates) {
    const key = delegateKey(service, account);
    wanted.add(key);
    const state = after.accounts.get(account)?.state;
    if (state !== 'ACTIVE') continue;
    after.delegates.set(service, new Set([...(after.delegates.get(service) ?? []), account]));
    if (before.delegates.get(service)?.has(account) && !appliedTo(draft, 'delegate', key))
      remember(draft, 'delegate', key, {});
  }
  for (const { kind, key } of binding.records.values()) {
    if (kind === 'delegate' && !wanted.has(key)) {
      const [service = '', account = ''] = key.split(' ');
      if (before.delegates.get(service)?.has(account)) after.delegates.get(service)?.delete(account);
      else forget(draft, 'delegate', key);
    }
  }
  for (const { kind, key } of binding.records.values()) {
    if (kind !== 'service' || desired.services.has(key)) continue;
    if (!before.services.has(key)) forget(draft, 'service', key);
    else if ((after.delegates.get(key)?.size ?? 0) === 0) after.services.delete(key);
  }
}
