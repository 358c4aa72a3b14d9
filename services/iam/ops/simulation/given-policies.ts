/** Documents that stand in the request: compiled for the kind they play, named after their place in it. */
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import {
  buildPolicySet,
  type CompiledPolicy,
  compilePolicy,
  type Level,
  type PolicyKind,
  PolicySyntaxError,
} from '../../../../policies/engine/index.ts';
import { GIVEN_RESOURCE_POLICY, givenPolicy } from '../../domain/policy-source.ts';

type SimulationCall = Call<AnyOperation>;

export function compileList(
  call: SimulationCall,
  list: string,
  texts: readonly string[] | undefined,
  kind: PolicyKind,
): CompiledPolicy[] {
  return (texts ?? []).map((text, index) => compileGiven(call, text, givenPolicy(list, index), kind));
}

/** One document stands for the boundary; absent: the principal keeps its own. */
export function compileBoundary(
  call: SimulationCall,
  texts: readonly string[] | undefined,
): readonly CompiledPolicy[] | undefined {
  if (texts === undefined || texts.length === 0) return undefined;
  if (texts.length > 1) {
    throw call.fail('InvalidInput', 'a principal has one permissions boundary, and several are given', {
      hint: 'give one document in PermissionsBoundaryPolicyInputList',
    });
  }
  return compileList(call, 'PermissionsBoundaryPolicyInputList', texts, 'boundary');
}

/** A trust policy is recognized by what makes it one: its statements name no resource. */
export function compileResourcePolicy(call: SimulationCall, text: string | undefined): CompiledPolicy | undefined {
  if (text === undefined) return undefined;
  try {
    return compilePolicy(text, { arn: GIVEN_RESOURCE_POLICY, name: GIVEN_RESOURCE_POLICY, kind: 'trust' });
  } catch {
    return compileGiven(call, text, GIVEN_RESOURCE_POLICY, 'resource');
  }
}

export function compileLevels(
  call: SimulationCall,
  levels: readonly { ServiceControlPolicyInputList?: readonly string[] | undefined }[] | undefined,
): readonly Level[] | undefined {
  if (levels === undefined || levels.length === 0) return undefined;
  return levels.map(({ ServiceControlPolicyInputList }, index) => {
    const id = givenPolicy('OrderedOrganizationPolicyInputList', index);
    const list = `${id}.ServiceControlPolicyInputList`;
    return { id, name: id, set: buildPolicySet(compileList(call, list, ServiceControlPolicyInputList, 'scp')) };
  });
}

export function compileGiven(call: SimulationCall, text: string, name: string, kind: PolicyKind): CompiledPolicy {
  try {
    return compilePolicy(text, { arn: name, name, kind });
  } catch (error) {
    if (!(error instanceof PolicySyntaxError)) throw error;
    throw call.fail('InvalidInput', `${name}: ${error.message}`, { details: { findings: error.findings } });
  }
}
