import type { InputOf } from '../../../platform/contract/operation.ts';
import { type Call, change, implementFor } from '../../../platform/runtime/call.ts';
import { CreateGrant, GRANT_OPERATIONS } from '../api/grants.ts';
import type { KmsDeps } from '../deps.ts';
import { type GrantRow, type GrantTerms, grantRowBytes, sameAs, termsProblem } from '../domain/grant.ts';
import { MAX_GRANTS_PER_KEY } from '../domain/limits.ts';
import { announce } from '../store/change-follower.ts';
import { countGrants, insertGrant } from '../store/grant-queries.ts';
import type { Condition, KeyRecord } from '../store/key-record.ts';
import { readPrincipal, requirePrincipals } from './grant-principal.ts';
import { requireKeyForm, resolveKey } from './key-access.ts';
import { contextConditions, endDryRun, requireContext, requireState } from './key-use.ts';

const implement = implementFor<KmsDeps>();
type Input = InputOf<typeof CreateGrant>;

/** Each operation once, in one order. */
function termsOf(input: Input): GrantTerms {
  const operations = GRANT_OPERATIONS.filter((operation) => input.Operations.includes(operation));
  return { operations: operations.toSorted(), constraints: input.Constraints ?? {} };
}

function conditionsOf(call: Call<typeof CreateGrant>, deps: KmsDeps, input: Input): Condition[] {
  const { EncryptionContextEquals, EncryptionContextSubset } = input.Constraints ?? {};
  const types = [
    ...(EncryptionContextEquals ? ['EncryptionContextEquals'] : []),
    ...(EncryptionContextSubset ? ['EncryptionContextSubset'] : []),
  ];
  const { RetiringPrincipal: retiring } = input;
  // Of the constraints, as if a request within them were asked about.
  const context = contextConditions({ ...EncryptionContextSubset, ...EncryptionContextEquals });
  return [
    ...context.filter(([key]) => key !== 'kms:EncryptionAlgorithm'),
    ['kms:GrantOperations', [...new Set(input.Operations)]],
    ['kms:GranteePrincipal', readPrincipal(call, deps, input.GranteePrincipal)],
    ['kms:GrantIsForAWSResource', String(call.origin.via !== undefined)],
    ...(retiring === undefined ? [] : [['kms:RetiringPrincipal', readPrincipal(call, deps, retiring)] as const]),
    ...(types.length === 0 ? [] : [['kms:GrantConstraintType', types] as const]),
  ];
}

export const createGrant = implement(CreateGrant, {
  resolve(call, input, deps) {
    requireKeyForm(call, deps, input.KeyId);
    requireContext(call, input.Constraints?.EncryptionContextEquals);
    requireContext(call, input.Constraints?.EncryptionContextSubset);
    const conditions = conditionsOf(call, deps, input);
    return resolveKey(call, deps, input.KeyId, { conditions, childGrant: termsOf(input) });
  },
  async run(call, input, record, deps) {
    requireState(call, 'CreateGrant', record);
    const terms = termsOf(input);
    const problem = termsProblem(terms, record.row);
    if (problem) throw call.fail('Validation', problem);
    const row = await newGrant(call, input, terms, record, deps);
    endDryRun(call, input.DryRun);
    return change(
      async (tx) => {
        const { grantId, isNew } = await insertGrant(tx, row);
        if (isNew) {
          if ((await countGrants(tx, row.key_id)) > MAX_GRANTS_PER_KEY)
            throw call.fail('LimitExceeded', `${record.arn} has ${MAX_GRANTS_PER_KEY} grants`);
          await announce(deps.store, tx, record.accountId, { keys: [row.key_id] });
        }
        return { GrantToken: deps.grantTokens.issue(grantId), GrantId: grantId };
      },
      () => deps.keys.forgetKey(row.key_id),
    );
  },
});

async function newGrant(
  call: Call<typeof CreateGrant>,
  input: Input,
  terms: GrantTerms,
  record: KeyRecord,
  deps: KmsDeps,
): Promise<GrantRow> {
  const grantee = readPrincipal(call, deps, input.GranteePrincipal);
  const { RetiringPrincipal } = input;
  const retiring = RetiringPrincipal === undefined ? null : readPrincipal(call, deps, RetiringPrincipal);
  const ids = await requirePrincipals(call, deps, retiring === null ? [grantee] : [...new Set([grantee, retiring])]);
  const content = {
    key_id: record.row.key_id,
    account_id: record.accountId,
    name: input.Name ?? null,
    grantee,
    grantee_id: ids.get(grantee) as string,
    retiring,
    retiring_id: retiring === null ? null : (ids.get(retiring) as string),
    issuing_account: call.caller.accountId,
    operations: JSON.stringify(terms.operations),
    constraints: JSON.stringify(terms.constraints),
  };
  const grant_id = (await deps.hsm.random(32)).toString('hex');
  const row = { ...content, grant_id, created_at: call.now, same_as: sameAs(content) };
  const [row_mac] = await deps.guard.seal([grantRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}
