/**
 * From one state of an organization to another, as steps in an order that never opens a gap.
 *
 * INVARIANT: after every step, every account that existed before may do only what it might do before or what it may do
 * afterwards; an account that is made may never do more than in the end. Proof: until the exchanges, every step only
 * takes away, so everybody is bound at least as before. Each account takes part in one exchange at most, which is one
 * commit. After it every step only gives, and the last one gives what is allowed in the end, so everybody is bound at
 * least as afterwards. `order.test.ts` asks an evaluator at every prefix of random plans.
 */

import { nameKey } from '../../names.ts';
import type { Act } from '../acts.ts';
import type { Model, Ref } from '../model.ts';
import { attachmentActs } from './attachment-acts.ts';
import { documentActs } from './document-acts.ts';
import { groupExchanges } from './groups.ts';
import { placesOf } from './places.ts';
import { treeActs } from './tree-acts.ts';

export interface OrderLimits {
  attachmentsPerNode: number;
  policyBytes: number;
}

/** Each step is one commit. */
export function orderSteps(before: Model, after: Model, limits: OrderLimits): Act[][] {
  const places = placesOf(before, after);
  const tree = treeActs(places);
  const policies = policyActs(before, after);
  const documents = documentActs(places, limits.policyBytes);
  const attachments = attachmentActs(places, limits.attachmentsPerNode);
  const services = serviceActs(before, after);
  const single = (acts: readonly Act[]) => acts.map((act) => [act]);
  return [
    ...single([...policies.enable, ...tree.aside, ...policies.aside, ...policies.create, ...tree.create]),
    ...single(services.leave),
    ...single([...tree.stop, ...documents.early, ...attachments.early]),
    ...groupExchanges([...attachments.exchanges, ...documents.exchanges, ...tree.moves]),
    ...single(tree.createAccounts),
    ...single([...tree.resume, ...attachments.late, ...documents.late]),
    ...single([...tree.rename, ...policies.rename, ...services.arrive]),
    ...single([...tree.remove, ...policies.remove]),
  ];
}

interface PolicyActs {
  enable: Act[];
  aside: Act[];
  create: Act[];
  rename: Act[];
  remove: Act[];
}

function policyActs(before: Model, after: Model): PolicyActs {
  const acts: PolicyActs = { enable: [], aside: [], create: [], rename: [], remove: [] };
  for (const type of after.types) if (!before.types.has(type)) acts.enable.push({ kind: 'enable-type', type });
  const wantedNames = new Map([...after.policies].map(([ref, { type, name }]) => [`${type} ${nameKey(name)}`, ref]));
  for (const [policy, { type, name, description }] of before.policies) {
    const wanted = after.policies.get(policy);
    if (!wanted) acts.remove.push({ kind: 'delete-policy', policy });
    const heir = wantedNames.get(`${type} ${nameKey(name)}`);
    const aside = heir !== undefined && heir !== policy;
    if (aside) acts.aside.push({ kind: 'describe-policy', policy, name: temporaryName(policy), description });
    if (wanted && (aside || wanted.name !== name || wanted.description !== description))
      acts.rename.push({ kind: 'describe-policy', policy, name: wanted.name, description: wanted.description });
  }
  for (const [policy, { name, description, type, content }] of after.policies)
    if (!before.policies.has(policy))
      acts.create.push({ kind: 'create-policy', policy, name, description, type, content });
  return acts;
}

const temporaryName = (ref: Ref) => `(moving) ${ref}`;

function serviceActs(before: Model, after: Model): { leave: Act[]; arrive: Act[] } {
  const leave: Act[] = [];
  const arrive: Act[] = [];
  for (const [service, accounts] of before.delegates)
    for (const account of accounts)
      if (!after.delegates.get(service)?.has(account)) leave.push({ kind: 'deregister-delegate', service, account });
  for (const service of before.services)
    if (!after.services.has(service)) leave.push({ kind: 'distrust-service', service });
  for (const service of after.services)
    if (!before.services.has(service)) arrive.push({ kind: 'trust-service', service });
  for (const [service, accounts] of after.delegates)
    for (const account of accounts)
      if (!before.delegates.get(service)?.has(account)) arrive.push({ kind: 'register-delegate', service, account });
  return { leave, arrive };
}
