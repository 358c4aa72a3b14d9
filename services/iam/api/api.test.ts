import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decoder } from '../../../platform/contract/codec.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Shape, shapeTree } from '../../../platform/contract/shape-tree.ts';
import { checkInput } from '../../../platform/contract/validation.ts';
import { iamApi } from './index.ts';

const operations: readonly AnyOperation[] = Object.values(iamApi);

function membersWithoutRule(shape: Shape, path: string): string[] {
  const own = shape.audit === undefined ? [path] : [];
  if (shape.kind === 'structure')
    return [...own, ...shape.members.flatMap((m) => membersWithoutRule(m.shape, `${path}.${m.name}`))];
  if (shape.kind === 'list' && shape.item.kind === 'structure')
    return [...own, ...membersWithoutRule(shape.item, `${path}[]`)];
  return own;
}

/** Changes to principals and policies that a grant in a project may permit, and why that gives nothing beyond it. */
const WITHIN_PROJECT: Readonly<Record<string, string>> = {
  CreateUser: 'it has no credentials and no permissions; tags take iam:TagUser',
  DeleteUser: 'is refused while anything is attached to it',
  CreateGroup: 'it has no members and no permissions',
  UpdateGroup: 'no policy names groups',
  DeleteGroup: 'is refused while it has members or policies',
  CreatePolicy: 'it is attached to nothing',
  DeletePolicy: 'is refused while it is attached',
  DeletePolicyVersion: 'only versions that are not in force',
  TagPolicy: 'tags of policies are no tags of principals',
  UntagPolicy: 'tags of policies are no tags of principals',
  UpdateRole: 'description and length of sessions',
  UpdateRoleDescription: 'description',
  DeleteRole: 'is refused while anything is attached to it',
  DeleteAccessKey: 'takes from the user of the project alone',
  ResyncMFADevice: 'corrects the clock of a device that stays the same',
  RevokeSession: 'takes from sessions of the role of the project alone',
  RevokeSessionsBefore: 'takes from sessions of the role of the project alone',
};

describe('declarations of iam', () => {
  it('say of every change to a principal or policy whether it reaches beyond the project', () => {
    const kinds = new Set(['iam:user', 'iam:group', 'iam:role', 'iam:policy']);
    const within = operations.filter(
      ({ effect, authz }) =>
        effect !== 'read' && typeof authz === 'object' && kinds.has(authz.resource) && !authz.beyondProject,
    );
    const judges = ['Authorize', 'BatchAuthorize'];
    expect(
      within
        .map(({ name }) => name)
        .filter((name) => !judges.includes(name))
        .sort(),
    ).toEqual(Object.keys(WITHIN_PROJECT).sort());
  });

  it.each(operations.map((o) => [o.name, o] as const))('%s: every member has an audit rule', (_, operation) => {
    expect(membersWithoutRule(shapeTree(operation.input), 'input')).toEqual([]);
    if (operation.output) expect(membersWithoutRule(shapeTree(operation.output), 'output')).toEqual([]);
  });

  it.each(operations.map((o) => [o.name, o] as const))('%s: has examples and they are valid', (_, operation) => {
    expect(operation.examples.length).toBeGreaterThan(0);
    for (const example of operation.examples) {
      const decoded = decoder(shapeTree(operation.input), 'native')(example.input);
      expect(checkInput(operation.input, decoded)).toMatchObject({ ok: true });
    }
  });

  it('has the fixed native paths', () => {
    expect(iamApi.Authorize.rest).toEqual({ method: 'POST', path: '/v1/authz/authorize' });
    expect(iamApi.BatchAuthorize.rest).toEqual({ method: 'POST', path: '/v1/authz/batch-authorize' });
    expect(iamApi.CreateSession.rest).toEqual({ method: 'POST', path: '/v1/sts/create-session' });
    expect(iamApi.GetCallerIdentity.rest.path).toBe('/v1/sts/get-caller-identity');
    expect(iamApi.CreateUser.rest.path).toBe('/v1/iam/create-user');
  });

  it('uses every route once', () => {
    const routes = operations.map((o) => `${o.rest.method} ${o.rest.path}`);
    expect(new Set(routes).size).toBe(routes.length);
  });
});

interface Model {
  operations: Record<string, { input?: { shape: string }; output?: { shape: string } }>;
  shapes: Record<string, { members?: Record<string, unknown>; required?: string[] }>;
}

const vectors = new URL('../../../../shared/vectors/aws-models/', import.meta.url);
const present = existsSync(vectors);

describe.skipIf(!present)(`iam and sts against the AWS models${present ? '' : ' (skipped: no aws-models)'}`, () => {
  const model = (area: string): Model => JSON.parse(readFileSync(new URL(`${area}.json`, vectors), 'utf8')) as Model;
  const models: Record<string, Model> = present ? { iam: model('iam'), sts: model('sts') } : {};
  const onWire = operations.filter((o) => o.aws !== undefined);

  it.each(onWire.map((o) => [o.name, o] as const))('%s: members are those of the model', (_, operation) => {
    const { operations: known, shapes } = models[operation.area] as Model;
    const modelled = known[operation.name];
    expect(modelled).toBeDefined();
    const input = shapes[modelled?.input?.shape ?? '']?.members ?? {};
    // Ours, on shapes of AWS as well: AWS clients do not give it and do not see it.
    const declared = Object.keys(operation.input.shape).filter((name) => name !== 'EnterpriseProjectId');
    expect([...declared, ...(operation.aws?.unsupported ?? [])].sort()).toEqual(Object.keys(input).sort());
    const output = shapes[modelled?.output?.shape ?? '']?.members ?? {};
    const answered = operation.output ? Object.keys(operation.output.shape) : [];
    expect(Object.keys(output)).toEqual(expect.arrayContaining(answered));
    expect(modelled?.output === undefined).toBe(operation.output === undefined);
    expect(answered).toEqual(expect.arrayContaining(shapes[modelled?.output?.shape ?? '']?.required ?? []));
  });
});
