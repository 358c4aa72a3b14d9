/** The documents that recorded decisions name: read once per replay, from this service and the node's organization. */
import type { OrganizationSnapshot } from '../../../../platform/authz/organization-snapshot.ts';
import { compileStored } from '../../../../platform/authz/principal.ts';
import { parseArn } from '../../../../platform/contract/arn.ts';
import { type CompiledPolicy, compilePolicy } from '../../../../policies/engine/index.ts';
import type { IamDeps } from '../../deps.ts';
import type { RecordedStack } from '../../domain/replay/recorded.ts';
import type { Dated, Documents } from '../../domain/replay/stack.ts';
import { documentNamed, type StoredDocument } from '../../store/policy-documents.ts';

export class PolicyLibrary implements Documents {
  private readonly deps: IamDeps;
  private readonly organization: OrganizationSnapshot;
  private readonly stored = new Map<string, StoredDocument | undefined>();
  private readonly compiled = new Map<string, Dated | undefined>();
  private readonly guardrails = new Map<string, CompiledPolicy | undefined>();

  constructor(deps: IamDeps, organization: OrganizationSnapshot) {
    this.deps = deps;
    this.organization = organization;
  }

  /** Reads what the stacks name and is not known yet. */
  async load(stacks: readonly RecordedStack[]): Promise<void> {
    for (const { Policies } of stacks) {
      for (const text of Policies) {
        const name = text.replace(/^(?:boundary|session):/, '');
        if (!this.stored.has(name)) this.stored.set(name, await this.read(name));
      }
    }
  }

  policy(name: string, kind: 'identity' | 'boundary' | 'session', accountId: string): Dated | undefined {
    // Only what is granted in a project depends on the account.
    const key = `${kind} ${name.includes('#') ? accountId : ''} ${name}`;
    if (!this.compiled.has(key)) this.compiled.set(key, this.compile(name, kind, accountId));
    return this.compiled.get(key);
  }

  guardrail(name: string, layer: 'scp' | 'rcp'): CompiledPolicy | undefined {
    if (!this.guardrails.has(name)) this.guardrails.set(name, this.compileGuardrail(name, layer));
    return this.guardrails.get(name);
  }

  private compile(name: string, kind: 'identity' | 'boundary' | 'session', accountId: string): Dated | undefined {
    const found = this.stored.get(name);
    if (!found) return undefined;
    const [Arn, recorded] = split(name);
    const [Version = '', EnterpriseProjectId] = recorded.split('#');
    try {
      const { document: Document, policyName: Name, since } = found;
      const policy = { Arn, Version, Name, Kind: kind, Document, EnterpriseProjectId };
      return { policy: compileStored(policy, accountId), since };
    } catch {
      return undefined;
    }
  }

  private async read(name: string): Promise<StoredDocument | undefined> {
    const [arn, recorded] = split(name);
    const [version = ''] = recorded.split('#');
    const accountId = parseArn(arn)?.accountId;
    if (accountId === undefined) return undefined;
    const { settings, shipped, store } = this.deps;
    return documentNamed(store.read, { arn, version, accountId, partition: settings.partition }, shipped);
  }

  /** The organization keeps no old documents: an edited guardrail has another version. */
  private compileGuardrail(name: string, kind: 'scp' | 'rcp'): CompiledPolicy | undefined {
    const [id, version] = split(name);
    const policy = this.organization.policy(id);
    if (policy?.Version !== version) return undefined;
    try {
      const builtIn = parseArn(policy.Arn)?.accountId === 'aws';
      return compilePolicy(policy.Document, { arn: policy.Arn, version, name: policy.Name, kind, builtIn });
    } catch {
      return undefined;
    }
  }
}

function split(name: string): [before: string, version: string] {
  const at = name.lastIndexOf('@');
  return [name.slice(0, at), name.slice(at + 1)];
}
