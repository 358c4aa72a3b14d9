/** A step in words. */
import type { Act } from './acts.ts';
import { type Ref, ROOT } from './model.ts';

export function describeStep(acts: readonly Act[]): string {
  const [first] = acts;
  if (!first) return 'nothing';
  if (acts.length === 1) return describeAct(first);
  const shown = acts.slice(0, 3).map(describeAct).join('; ');
  return `in one commit: ${shown}${acts.length > 3 ? `; and ${acts.length - 3} more` : ''}`;
}

function describeAct(act: Act): string {
  switch (act.kind) {
    case 'enable-type':
      return `enable policies of type ${act.type}`;
    case 'create-unit':
      return `make unit ${act.unit} (${act.name}) under ${place(act.parent)}`;
    case 'rename-unit':
      return `rename unit ${name(act.unit)} from ${act.from} to ${act.to}`;
    case 'move-unit':
      return `move unit ${name(act.unit)} from ${place(act.from)} to ${place(act.to)}`;
    case 'delete-unit':
      return `delete unit ${name(act.unit)}`;
    case 'create-account':
      return `make account ${act.account} (${act.name}) under ${place(act.parent)}`;
    case 'rename-account':
      return `rename account ${name(act.account)} from ${act.from} to ${act.to}`;
    case 'move-account':
      return `move account ${name(act.account)} from ${place(act.from)} to ${place(act.to)}`;
    case 'tag-account':
      return `tag account ${name(act.account)}: ${few(Object.entries(act.tags).map(([key, value]) => `${key}=${value}`))}`;
    case 'untag-account':
      return `remove tags of account ${name(act.account)}: ${few(act.keys)}`;
    case 'suspend-account':
      return `suspend account ${name(act.account)}`;
    case 'resume-account':
      return `let account ${name(act.account)} work again`;
    case 'close-account':
      return `close account ${name(act.account)}`;
    default:
      return describePolicyAct(act);
  }
}

function describePolicyAct(act: Act): string {
  switch (act.kind) {
    case 'create-policy':
      return `make policy ${act.policy} (${act.name})`;
    case 'describe-policy':
      return `call policy ${name(act.policy)} ${act.name}`;
    case 'update-policy':
      return `replace the document of policy ${name(act.policy)}`;
    case 'delete-policy':
      return `delete policy ${name(act.policy)}`;
    case 'attach':
      return `attach policy ${name(act.policy)} to ${place(act.target)}${act.mode === 'observe' ? ', observing' : ''}`;
    case 'set-mode':
      return `let policy ${name(act.policy)} on ${place(act.target)} ${act.mode}`;
    case 'detach':
      return `detach policy ${name(act.policy)} from ${place(act.target)}`;
    case 'trust-service':
      return `trust ${act.service}`;
    case 'distrust-service':
      return `end the trust in ${act.service}`;
    case 'register-delegate':
      return `let account ${name(act.account)} administer ${act.service}`;
    case 'deregister-delegate':
      return `end the administration of ${act.service} by account ${name(act.account)}`;
    default:
      return act.kind;
  }
}

const name = (ref: Ref) => (ref.startsWith('@') ? ref.slice(1) : ref);
const place = (ref: Ref) => (ref === ROOT ? 'the root' : name(ref));

function few(words: readonly string[]): string {
  return words.slice(0, 5).join(', ') + (words.length > 5 ? ', ...' : '');
}
