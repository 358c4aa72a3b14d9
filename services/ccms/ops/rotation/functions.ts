import { X509Certificate } from 'node:crypto';
import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import { type AuthorizationTarget, change, implementFor, type Resolved } from '../../../../platform/runtime/call.ts';
import {
  DeregisterRotationFunction,
  DescribeRotationFunction,
  ListRotationFunctions,
  RegisterRotationFunction,
} from '../../api/rotation-functions.ts';
import type { CcmsDeps } from '../../deps.ts';
import { MAX_FUNCTIONS_PER_ACCOUNT } from '../../domain/limits.ts';
import { functionArn } from '../../domain/rotation/function-ref.ts';
import { type FunctionRow, functionRowBytes } from '../../domain/rotation/rows.ts';
import type { Unsealed } from '../../domain/rows.ts';
import { secretArn } from '../../domain/secret-ref.ts';
import { countFunctions, deleteFunction, isLaneUsed, writeFunction } from '../../store/rotation-queries.ts';
import { type PassedRole, passedRole, requireTrust } from '../acting/pass-role.ts';
import { requireOpenProject } from '../owned/open-project.ts';
import { openPage } from '../page.ts';
import { type AnyCall, askAboutSecret, isForeign, placeOf } from '../secret-access.ts';

const implement = implementFor<CcmsDeps>();
export const FUNCTION_TYPE = 'AWS::Lambda::Function';

export interface FunctionAnswer {
  target: AuthorizationTarget;
  row: FunctionRow | undefined;
}

/** Functions are named within the caller's account. */
export async function askAboutFunction(call: AnyCall, deps: CcmsDeps, name: string): Promise<FunctionAnswer> {
  const place = placeOf(call, deps);
  const row = await deps.rotations.functionByName(place.accountId, name);
  const resource = functionArn(place, name);
  if (row) call.touches(resource, FUNCTION_TYPE, place.accountId);
  return { target: { resource, project: row?.enterprise_project_id ?? DEFAULT_PROJECT }, row };
}

async function resolveFunction(call: AnyCall, deps: CcmsDeps, name: string): Promise<Resolved<FunctionRow>> {
  const { target, row } = await askAboutFunction(call, deps, name);
  if (row) return { targets: [target], state: row };
  const absent = call.fail('NotFound', `function ${name} is not registered`, {
    hint: 'ListRotationFunctions shows those of the account',
  });
  return { targets: [target], state: undefined as never, absent };
}

export function arnOfFunction(row: FunctionRow, { settings }: CcmsDeps): string {
  return functionArn({ ...settings, accountId: row.account_id }, row.name);
}

function show(row: FunctionRow, deps: CcmsDeps) {
  return {
    Arn: arnOfFunction(row, deps),
    Name: row.name,
    Url: row.url,
    ...(row.ca !== null && { Ca: row.ca }),
    RoleArn: row.role_arn,
    SigningSecretArn: row.signing_secret_arn,
    EnterpriseProjectId: row.enterprise_project_id,
    CreatedDate: row.created_at,
  };
}

export async function sealedFunction(deps: CcmsDeps, row: Unsealed<FunctionRow>): Promise<FunctionRow> {
  const [row_mac] = await deps.guard.seal([functionRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}

export const registerRotationFunction = implement(RegisterRotationFunction, {
  async resolve(call, input, deps) {
    const resource = functionArn(placeOf(call, deps), input.Name);
    // The vault acts for the secret it signs with: a resource of its own.
    const signing = await askAboutSecret(call, deps, input.SigningSecretId);
    const own = signing.record && !isForeign(call, signing.record) ? signing.record : undefined;
    // SECURITY: always for a resource of the caller's account: roles of others are not looked up.
    const source = own?.arn ?? secretArn(placeOf(call, deps), 'none', '??????');
    const role = await passedRole(deps, input.RoleArn, source);
    const target = { resource, project: input.EnterpriseProjectId ?? DEFAULT_PROJECT };
    return { targets: [target, role.target], state: { role, signingArn: own?.arn } };
  },

  async run(call, input, { role, signingArn }: { role: PassedRole; signingArn: string | undefined }, deps) {
    const { accountId } = placeOf(call, deps);
    requireTrust(call, role);
    if (signingArn === undefined) throw call.fail('InvalidParameter', 'SigningSecretId names no secret of the account');
    requireAddress(call, input);
    await requireOpenProject(call, deps, input.EnterpriseProjectId ?? DEFAULT_PROJECT);
    const taken = call.fail('AlreadyExists', `function ${input.Name} is registered already`, {
      hint: 'choose another name, or deregister it first',
    });
    if (await deps.rotations.functionByName(accountId, input.Name)) throw taken;
    const row = await sealedFunction(deps, {
      function_id: deps.ids.uuidv7(),
      account_id: accountId,
      name: input.Name,
      url: input.Url,
      ca: input.Ca ?? null,
      role_arn: input.RoleArn,
      signing_secret_arn: signingArn,
      enterprise_project_id: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      created_at: call.now,
      changed_at: call.now,
      version: 1,
    });
    call.touches(arnOfFunction(row, deps), FUNCTION_TYPE, accountId);
    return change(async (tx) => {
      if ((await countFunctions(tx, accountId)) >= MAX_FUNCTIONS_PER_ACCOUNT)
        throw call.fail('LimitExceeded', `account has ${MAX_FUNCTIONS_PER_ACCOUNT} functions`);
      if (!(await writeFunction(tx, row))) throw taken;
      return { Function: show(row, deps) };
    });
  },
});

function requireAddress(call: AnyCall, { Url, Ca }: { Url: string; Ca?: string | undefined }): void {
  const url = URL.canParse(Url) ? new URL(Url) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '')
    throw call.fail('Validation', 'Url is an https address without user, password or fragment');
  if (Ca === undefined) return;
  try {
    new X509Certificate(Ca);
  } catch {
    throw call.fail('Validation', 'Ca is no certificate in PEM');
  }
}

export const describeRotationFunction = implement(DescribeRotationFunction, {
  resolve: (call, input, deps) => resolveFunction(call, deps, input.Name),
  run: (_call, _input, row, deps) => ({ Function: show(row, deps) }),
});

export const listRotationFunctions = implement(ListRotationFunctions, {
  resolve: () => ({ targets: [{ resource: '*' }], state: undefined }),
  async run(call, input, _state, deps) {
    const page = openPage<string>(call, deps, input);
    const found = await deps.rotations.functions(call.caller.accountId, page.after ?? '', page.limit + 1);
    const { rows, ...end } = page.end(found, ({ name }) => name);
    return { Functions: rows.map((row) => show(row, deps)), ...end };
  },
});

export const deregisterRotationFunction = implement(DeregisterRotationFunction, {
  resolve: (call, input, deps) => resolveFunction(call, deps, input.Name),
  async run(call, _input, row, deps) {
    return change(async (tx) => {
      if (await isLaneUsed(tx, `function/${row.function_id}`))
        throw call.fail('InvalidRequest', `function ${row.name} is used: secrets rotate by it`, {
          hint: 'give those secrets another strategy, or delete them, first',
        });
      if (!(await deleteFunction(tx, row)))
        throw call.fail('Conflict', `function ${row.name} was changed by another request at the same time`, {
          hint: 'look at it again, then repeat the request if it is still wanted',
          details: { retryAfterSeconds: 1 },
        });
      return { Arn: arnOfFunction(row, deps) };
    });
  },
});
