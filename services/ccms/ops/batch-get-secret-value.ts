/** A batch is a number of requests: each is decided, recorded and answered for itself, and none makes the others fail. */
import { ServiceError } from '../../../platform/contract/error.ts';
import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import { BatchGetSecretValue, GetSecretValue } from '../api/values.ts';
import type { CcmsDeps } from '../deps.ts';
import { filterProblem } from '../domain/filters.ts';

const implement = implementFor<CcmsDeps>();
type BatchCall = Call<typeof BatchGetSecretValue>;

const DEFAULT_PAGE = 20;

export const batchGetSecretValue = implement(BatchGetSecretValue, {
  resolve: (_call, input) => {
    const batch = { resource: '*' };
    const list = { resource: '*', action: 'secretsmanager:ListSecrets' };
    return { targets: input.Filters ? [batch, list] : [batch], state: undefined };
  },

  async run(call, input, _state, deps) {
    const { SecretIdList, Filters, MaxResults, NextToken } = input;
    if ((SecretIdList === undefined) === (Filters === undefined))
      throw call.fail('InvalidParameter', 'give SecretIdList or Filters');
    if (SecretIdList && (MaxResults !== undefined || NextToken !== undefined))
      throw call.fail('InvalidParameter', 'MaxResults and NextToken go with Filters');
    const problem = Filters && filterProblem(Filters);
    if (problem !== undefined) throw call.fail('InvalidParameter', problem);
    const page =
      Filters &&
      (await forCaller(call, () =>
        deps.clients.ccms.ListSecrets({ Filters, MaxResults: MaxResults ?? DEFAULT_PAGE, NextToken }, call),
      ));
    const ids = SecretIdList ?? page?.SecretList.map(({ ARN }) => ARN) ?? [];
    const answers = await Promise.all(ids.map((id) => readOne(call, deps, id)));
    return {
      SecretValues: answers.flatMap(({ value }) => value ?? []),
      Errors: answers.flatMap(({ error }) => error ?? []),
      ...(page?.NextToken !== undefined && { NextToken: page.NextToken }),
    };
  },
});

async function readOne(call: BatchCall, deps: CcmsDeps, SecretId: string) {
  try {
    return { value: await deps.clients.ccms.GetSecretValue({ SecretId }, call) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { error: { SecretId, ErrorCode: awsName(error), Message: error.message } };
  }
}

/** Under the names AWS clients match, on every wire: they are part of the answer, not of the protocol. */
function awsName({ code }: ServiceError): string {
  const declared = (GetSecretValue.errors as Record<string, { aws?: string }>)[code]?.aws;
  return declared ?? (code.endsWith('Exception') ? code : `${code}Exception`);
}

/** What the list refuses, the batch refuses. */
async function forCaller<T>(call: BatchCall, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'InvalidNextToken') throw error;
    throw call.fail('InvalidNextToken', error.message);
  }
}
