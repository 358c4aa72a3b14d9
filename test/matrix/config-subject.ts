/** What a request of the matrix to the detective engine names. Every account has rules, resources and types of its own. */
import { randomInt } from 'node:crypto';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { configOperations } from '../../services/org/api/config.ts';
import { org } from '../harness/organization.ts';
import { uniqueName } from '../harness/people.ts';
import type { SharedServer } from '../harness/shared.ts';
import type { Naming, Subject } from './subject.ts';

type Input = Record<string, unknown>;

export interface ConfigObjects {
  type: string;
  /** Id of an `ext:volume`. */
  resource: string;
  rule: string;
  exception: string;
}

export function isConfigOperation(operation: AnyOperation): boolean {
  return Object.values(configOperations).some((candidate) => candidate === operation);
}

const VOLUME = { ResourceType: 'ext:volume', Configuration: '{"encrypted":true}' };
const letters = (count: number) =>
  Array.from({ length: count }, () => 'abcdefghijkmnpqrstuvwxyz'[randomInt(24)]).join('');

/** Names of nothing. */
export function noConfigObjects(): ConfigObjects {
  return {
    type: `ext:${letters(12)}`,
    resource: uniqueName('vol'),
    rule: `rule-${letters(12)}`,
    exception: `exc-${letters(12)}`,
  };
}

export async function makeConfigObjects(server: SharedServer, { name }: AnyOperation): Promise<ConfigObjects> {
  const objects = noConfigObjects();
  const examples: Readonly<Record<string, () => Promise<unknown>>> = {
    DeleteConfigResourceType: () =>
      org(server, 'put-config-resource-type', { ResourceType: objects.type, Schema: '{}' }),
    DeleteConfigRule: async () => {
      const example = configOperations.PutConfigRule.examples[0]?.input ?? {};
      const made = await org(server, 'put-config-rule', example);
      objects.rule = (made.Rule as { RuleId: string }).RuleId;
    },
    DeleteConfigPack: () => org(server, 'put-config-pack', { PackName: 'strict' }),
    DeleteConfigException: async () => {
      await makeVolume();
      const made = await org(server, 'put-config-exception', exception(objects, server.admin.accountId));
      objects.exception = (made.Exception as { ExceptionId: string }).ExceptionId;
    },
  };
  const makeVolume = () => org(server, 'put-resource-config', { ...VOLUME, ResourceId: objects.resource });
  if (['DeleteResourceConfig', 'GetResourceConfig', 'GetResourceConfigHistory', 'PutConfigException'].includes(name))
    await makeVolume();
  await examples[name]?.();
  return objects;
}

const own = (home: string, resource: string) => `arn:aws:organizations::${home}:${resource}`;
const volumeArn = (objects: ConfigObjects, home: string) => own(home, `config-resource/ext:volume/${objects.resource}`);

function exception(objects: ConfigObjects, home: string): Input {
  return {
    RuleId: 'G-D-38',
    Scope: { ResourceArn: volumeArn(objects, home) },
    Category: 'WAIVER',
    Owner: 'matrix',
    Reason: 'a test',
    ExpiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  };
}

export function configSubject(operation: AnyOperation, objects: ConfigObjects, home: string, naming: Naming): Subject {
  const example = operation.examples[0]?.input ?? {};
  const fresh = naming === 'new' ? noConfigObjects() : objects;
  const volume = volumeArn(objects, home);
  const of = (input: Input, resource: string | undefined, ...names: string[]): Subject => ({
    input,
    resources: resource === undefined ? [] : [resource],
    names,
  });
  switch (operation.name) {
    case 'PutResourceConfig': {
      const input = { ...VOLUME, ResourceId: fresh.resource };
      return of(input, volumeArn(fresh, home), fresh.resource);
    }
    case 'BatchPutResourceConfigs': {
      const input = { Items: [{ ...VOLUME, ResourceId: fresh.resource }] };
      return of(input, volumeArn(fresh, home), fresh.resource);
    }
    case 'DeleteResourceConfig':
      return of({ ResourceType: 'ext:volume', ResourceId: objects.resource }, volume, objects.resource);
    case 'GetResourceConfig':
    case 'GetResourceConfigHistory':
      return of({ Arn: volume }, volume, volume);
    case 'PutConfigResourceType':
      return of({ ...example, ResourceType: fresh.type }, own(home, `config-type/${fresh.type}`), fresh.type);
    case 'DeleteConfigResourceType':
      return of({ ResourceType: objects.type }, own(home, `config-type/${objects.type}`), objects.type);
    case 'PutConfigRule':
      return of(example, own(home, 'config-rule/*'));
    case 'DeleteConfigRule':
      return of({ RuleId: objects.rule }, own(home, `config-rule/${objects.rule}`), objects.rule);
    case 'PutConfigPack':
      return of({ PackName: 'core' }, own(home, 'config-pack/core'), 'core');
    case 'DeleteConfigPack':
      return of({ PackName: 'strict' }, own(home, 'config-pack/strict'), 'strict');
    case 'PutConfigException':
      return of(exception(objects, home), own(home, 'config-exception/*'), volume);
    case 'DeleteConfigException':
      return of(
        { ExceptionId: objects.exception },
        own(home, `config-exception/${objects.exception}`),
        objects.exception,
      );
    default:
      return of(example, undefined);
  }
}
