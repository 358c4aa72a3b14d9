/** What tests of enterprise projects do over and over. */
import type { AnyOperation, OutputOf } from '../../../platform/contract/operation.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import { iamApi as api } from '../api/index.ts';
import { callerOf, type IamWorld } from './harness.ts';

export const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';
export const MISSING_PROJECT = '99999999-9999-4999-8999-999999999999';

let counter = 0;
export const unique = (prefix: string) => `${prefix}-${counter++}`;

export function projectsOf(world: IamWorld) {
  const as = <Op extends AnyOperation>(
    operation: Op,
    input: unknown,
    by: Caller = world.admin,
  ): Promise<OutputOf<Op>> => world.as(by, operation, input);
  return {
    as,
    /** Makes a project and answers its id. */
    async project(Name = unique('project'), by: Caller = world.admin): Promise<string> {
      return (await as(api.CreateEnterpriseProject, { Name }, by)).EnterpriseProject.EnterpriseProjectId;
    },
    grant: (EnterpriseProjectId: string, grantee: object, PolicyArn = ADMIN, by: Caller = world.admin) =>
      as(api.AttachProjectPolicy, { EnterpriseProjectId, PolicyArn, ...grantee }, by),
    /** The administrator of another account. */
    async account(): Promise<Caller> {
      const made = await as(api.CreateAccount, { Name: unique('account'), AdministratorUserName: 'admin' });
      return callerOf(world, made.AccessKey.AccessKeyId);
    },
  };
}
