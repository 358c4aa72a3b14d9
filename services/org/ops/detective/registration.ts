/** Reads what a collector registers: the type must be known, the facts must fit its schema, times must have passed. */

import type { AuthorizationTarget } from '../../../../platform/runtime/call.ts';
import type { JsonObject } from '../../../../policies/baselines/rule.ts';
import type { OrgDeps } from '../../deps.ts';
import { readConfiguration } from '../../domain/detective/configuration.ts';
import { type JsonValue, type Schema, valueFaults } from '../../domain/detective/json-schema.ts';
import { externalArn } from '../../domain/detective/names.ts';
import { typeOf } from '../../store/detective/rules.ts';
import type { AnyCall } from '../standing.ts';
import type { Observation } from './record.ts';

export interface Registration {
  ResourceType: string;
  ResourceId: string;
  ResourceName?: string | undefined;
  Configuration: string;
  Tags?: Record<string, string> | undefined;
  ObservedAt?: number | undefined;
}

/** Clocks of collectors may be a little ahead. */
const TOLERANCE_MS = 300_000;

export function registrationTarget(
  call: AnyCall,
  deps: OrgDeps,
  input: Omit<Registration, 'ResourceName'>,
): AuthorizationTarget {
  const encrypted = encryptedMember(input.Configuration);
  return {
    resource: externalArn(deps.settings.partition, call.caller.accountId, input.ResourceType, input.ResourceId),
    ...(input.Tags && { requestTags: input.Tags }),
    context: [
      ['organizations:ConfigResourceType', input.ResourceType],
      ...(encrypted === undefined ? [] : [['organizations:ConfigEncrypted', String(encrypted)] as const]),
    ],
  };
}

/** Whether the facts say that the data is encrypted, for guardrails that refuse what is not. */
function encryptedMember(text: string): boolean | undefined {
  const read = readConfiguration(text);
  const value = read.ok ? read.value.encrypted : undefined;
  return typeof value === 'boolean' ? value : undefined;
}

export async function readFacts(
  call: AnyCall,
  deps: OrgDeps,
  input: Pick<Registration, 'ResourceType' | 'Configuration' | 'Tags'>,
): Promise<JsonObject> {
  const own = await typeOf(deps.store.read, call.caller.accountId, input.ResourceType);
  const schema = own
    ? (JSON.parse(own.schema) as Schema)
    : deps.detective.library.types.get(input.ResourceType)?.schema;
  if (schema === undefined) {
    throw call.fail('NotFound', `type ${input.ResourceType} is not registered`, {
      hint: 'register it with PutConfigResourceType, or list the types there are',
    });
  }
  const read = readConfiguration(input.Configuration);
  if (!read.ok) throw call.fail('SchemaMismatch', read.fault);
  const faults = valueFaults(schema, read.value as JsonValue);
  if (faults.length > 0) {
    throw call.fail('SchemaMismatch', `the configuration does not fit type ${input.ResourceType}: ${faults[0]}`, {
      details: { faults },
    });
  }
  const most = deps.detective.limits.tagsPerResource;
  if (Object.keys(input.Tags ?? {}).length > most)
    throw call.fail('LimitExceeded', `a resource has at most ${most} tags`);
  return read.value;
}

export async function observationOf(call: AnyCall, deps: OrgDeps, input: Registration): Promise<Observation> {
  await readFacts(call, deps, input);
  const observedAt = input.ObservedAt ?? call.now;
  if (observedAt > call.now + TOLERANCE_MS) throw call.fail('Validation', 'ObservedAt lies in the future');
  const { accountId } = call.caller;
  return {
    arn: externalArn(deps.settings.partition, accountId, input.ResourceType, input.ResourceId),
    type: input.ResourceType,
    accountId,
    name: input.ResourceName ?? input.ResourceId,
    createdAt: undefined,
    tags: input.Tags ?? {},
    configuration: input.Configuration,
    deleted: false,
    recorder: 'api',
    observedAt: Math.min(observedAt, call.now),
    cause: { eventId: call.eventId, eventName: call.operation.name, actor: call.caller.arn },
  };
}
