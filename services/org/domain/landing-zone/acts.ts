/** What a plan can do, as data: each act changes one thing and says what it was before, so that it can be checked. */
import { FULL_ACCESS, type Mode, type Model, type PolicyType, type Ref, ROOT } from './model.ts';

export interface Attached {
  policy: Ref;
  mode: Mode;
}

export type Act =
  | { kind: 'enable-type'; type: PolicyType }
  | { kind: 'create-unit'; unit: Ref; name: string; parent: Ref }
  | { kind: 'rename-unit'; unit: Ref; from: string; to: string }
  | { kind: 'move-unit'; unit: Ref; from: Ref; to: Ref }
  | { kind: 'delete-unit'; unit: Ref }
  | {
      kind: 'create-account';
      account: Ref;
      name: string;
      email: string;
      parent: Ref;
      tags: Readonly<Record<string, string>>;
      /** Everything that is attached to the account itself from its first moment on. */
      attached: readonly Attached[];
    }
  | { kind: 'rename-account'; account: Ref; from: string; to: string }
  | { kind: 'move-account'; account: Ref; from: Ref; to: Ref }
  | { kind: 'tag-account'; account: Ref; tags: Readonly<Record<string, string>> }
  | { kind: 'untag-account'; account: Ref; keys: readonly string[] }
  | { kind: 'suspend-account'; account: Ref }
  | { kind: 'resume-account'; account: Ref }
  | { kind: 'close-account'; account: Ref }
  | { kind: 'create-policy'; policy: Ref; name: string; description: string; type: PolicyType; content: string }
  | { kind: 'describe-policy'; policy: Ref; name: string; description: string }
  /** `was`: hash of the document it replaces. */
  | { kind: 'update-policy'; policy: Ref; was: string; content: string }
  | { kind: 'delete-policy'; policy: Ref }
  | { kind: 'attach'; target: Ref; policy: Ref; mode: Mode }
  | { kind: 'set-mode'; target: Ref; policy: Ref; mode: Mode }
  | { kind: 'detach'; target: Ref; policy: Ref }
  | { kind: 'trust-service'; service: string }
  | { kind: 'distrust-service'; service: string }
  | { kind: 'register-delegate'; service: string; account: Ref }
  | { kind: 'deregister-delegate'; service: string; account: Ref };

export type ActKind = Act['kind'];
export type ActOf<K extends ActKind> = Extract<Act, { kind: K }>;

/** The model after the act. Changes the model it is given. */
export function perform(model: Model, act: Act) {
  switch (act.kind) {
    case 'enable-type':
      return enableType(model, act.type);
    case 'create-unit':
      model.units.set(act.unit, { name: act.name, parent: act.parent });
      return attachFullAccess(model, act.unit);
    case 'rename-unit':
      return change(model.units, act.unit, { name: act.to });
    case 'move-unit':
      return change(model.units, act.unit, { parent: act.to });
    case 'delete-unit':
      model.units.delete(act.unit);
      model.attachments.delete(act.unit);
      return;
    case 'create-account':
      model.accounts.set(act.account, {
        name: act.name,
        email: act.email,
        parent: act.parent,
        state: 'ACTIVE',
        tags: act.tags,
        management: false,
      });
      model.attachments.set(act.account, new Map(act.attached.map(({ policy, mode }) => [policy, mode])));
      return;
    case 'rename-account':
      return change(model.accounts, act.account, { name: act.to });
    case 'move-account':
      return change(model.accounts, act.account, { parent: act.to });
    case 'tag-account':
      return retag(model, act.account, (tags) => ({ ...tags, ...act.tags }));
    case 'untag-account':
      return retag(model, act.account, (tags) => without(tags, act.keys));
    case 'suspend-account':
      return change(model.accounts, act.account, { state: 'SUSPENDED' });
    case 'resume-account':
      return change(model.accounts, act.account, { state: 'ACTIVE' });
    case 'close-account':
      return change(model.accounts, act.account, { state: 'CLOSED' });
    default:
      return performOnPolicies(model, act);
  }
}

function performOnPolicies(model: Model, act: Act) {
  switch (act.kind) {
    case 'create-policy': {
      const { name, description, type, content } = act;
      model.policies.set(act.policy, { name, description, type, content, shipped: false });
      return;
    }
    case 'describe-policy':
      return change(model.policies, act.policy, { name: act.name, description: act.description });
    case 'update-policy':
      return change(model.policies, act.policy, { content: act.content });
    case 'delete-policy':
      model.policies.delete(act.policy);
      return;
    case 'attach':
    case 'set-mode':
      return put(model, act.target, act.policy, act.mode);
    case 'detach':
      model.attachments.get(act.target)?.delete(act.policy);
      return;
    case 'trust-service':
      model.services.add(act.service);
      return;
    case 'distrust-service':
      model.services.delete(act.service);
      model.delegates.delete(act.service);
      return;
    case 'register-delegate':
      model.delegates.set(act.service, new Set([...(model.delegates.get(act.service) ?? []), act.account]));
      return;
    case 'deregister-delegate':
      model.delegates.get(act.service)?.delete(act.account);
  }
}

function change<T>(objects: Map<Ref, T>, ref: Ref, set: Partial<T>): void {
  const object = objects.get(ref);
  if (object) objects.set(ref, { ...object, ...set });
}

function put(model: Model, target: Ref, policy: Ref, mode: Mode): void {
  const attached = model.attachments.get(target);
  if (attached) attached.set(policy, mode);
  else model.attachments.set(target, new Map([[policy, mode]]));
}

type Tags = Readonly<Record<string, string>>;

function retag(model: Model, account: Ref, change: (tags: Tags) => Tags): void {
  const before = model.accounts.get(account);
  if (before) model.accounts.set(account, { ...before, tags: change(before.tags) });
}

function without(tags: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));
}

function attachFullAccess(model: Model, target: Ref): void {
  for (const type of model.types) put(model, target, FULL_ACCESS[type], 'enforce');
}

function enableType(model: Model, type: PolicyType): void {
  model.types.add(type);
  for (const target of [ROOT, ...model.units.keys(), ...model.accounts.keys()])
    put(model, target, FULL_ACCESS[type], 'enforce');
}
