/** The formula of spec org 3.3 for documents without conditions, as plainly as it can be written. */
import { attachedTo, chainOf, type Model, type Ref } from '../model.ts';

export function allowed(model: Model, accountRef: Ref, action: string): boolean {
  const account = model.accounts.get(accountRef);
  if (!account) return false;
  if (account.state !== 'ACTIVE') return false;
  if (account.management) return true;
  const levels = [accountRef, ...chainOf(model, account.parent)].map((target) =>
    [...attachedTo(model, target)]
      .filter(([, mode]) => mode === 'enforce')
      .flatMap(([policy]) =>
        statementsOf(model, policy).filter(({ Action }) => [Action].flat().some((a) => a === '*' || a === action)),
      ),
  );
  if (levels.some((statements) => statements.some(({ Effect }) => Effect === 'Deny'))) return false;
  return levels.every((statements) => statements.some(({ Effect }) => Effect === 'Allow'));
}

function statementsOf(model: Model, policy: Ref): { Effect: string; Action: string | string[] }[] {
  const found = model.policies.get(policy);
  if (!found) throw new Error(`policy ${policy} is attached and does not exist`);
  return JSON.parse(found.content).Statement;
}
