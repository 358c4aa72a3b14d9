/** Policies that ship with the product: the same in every organization, never changed, never deleted. */
import type { GUARDRAIL_TYPES } from '../api/internal.ts';
import { type ArnScope, policyArn, shippedPolicyArn } from './names.ts';

export type GuardrailType = (typeof GUARDRAIL_TYPES)[number];

export interface ShippedPolicy {
  id: string;
  type: GuardrailType;
  name: string;
  description: string;
  content: string;
}

const FULL_ACCESS: Readonly<Record<GuardrailType, ShippedPolicy>> = {
  SERVICE_CONTROL_POLICY: {
    id: 'p-FullAWSAccess',
    type: 'SERVICE_CONTROL_POLICY',
    name: 'FullAWSAccess',
    description: 'Allows access to every operation',
    content: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  },
  RESOURCE_CONTROL_POLICY: {
    id: 'p-RCPFullAWSAccess',
    type: 'RESOURCE_CONTROL_POLICY',
    name: 'RCPFullAWSAccess',
    description: 'Allows access to every resource',
    content: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
  },
};

/** What every node gets when the type is enabled, and every new node after that. */
export function fullAccess(type: GuardrailType): ShippedPolicy {
  return FULL_ACCESS[type];
}

export const SHIPPED: readonly ShippedPolicy[] = Object.values(FULL_ACCESS);

export function shippedPolicy(id: string): ShippedPolicy | undefined {
  return SHIPPED.find((policy) => policy.id === id);
}

/** Of any guardrail policy: shipped ones belong to no organization. */
export function guardrailArn(scope: ArnScope, type: string, id: string): string {
  return shippedPolicy(id) ? shippedPolicyArn(scope.partition, type, id) : policyArn(scope, type, id);
}
