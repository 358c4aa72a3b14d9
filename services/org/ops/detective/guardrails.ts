/** The catalogue of shipped guardrails, and packing preventive ones into policy documents. */
import { noResource } from '../../../../platform/runtime/call.ts';
import type { DetectiveGuardrail } from '../../../../policies/baselines/guardrail.ts';
import type { Guardrail } from '../../../../policies/guardrails/guardrail.ts';
import { compileSet } from '../../../../policies/guardrails/pack.ts';
import type { Values } from '../../../../policies/guardrails/parameters.ts';
import { CompileGuardrails, ListGuardrails } from '../../api/config-rules.ts';
import type { OrgDeps } from '../../deps.ts';
import { implement } from '../implement.ts';
import { openAt, slicePage } from './pages.ts';

function describe(guardrail: Guardrail | DetectiveGuardrail) {
  return {
    Id: guardrail.id,
    Title: guardrail.title,
    Behavior: guardrail.behavior,
    Severity: guardrail.severity,
    Mappings: Object.entries(guardrail.mappings).map(([Framework, Requirements]) => ({ Framework, Requirements })),
    Parameters: Object.entries(guardrail.parameters).map(([Name, parameter]) => ({
      Name,
      Doc: parameter.doc,
      Default: JSON.stringify(parameter.default),
    })),
  };
}

function catalogue({ detective }: OrgDeps) {
  const packs = [...detective.library.packs.values()];
  return [
    ...[...detective.preventive.values()].map((guardrail) => ({
      ...describe(guardrail),
      ResourceTypes: [],
      Packs: [],
    })),
    ...[...detective.library.guardrails.values()].map((guardrail) => ({
      ...describe(guardrail),
      ResourceTypes: guardrail.types,
      Packs: packs.filter((pack) => pack.rules.some(({ id }) => id === guardrail.id)).map((pack) => pack.metadata.name),
      Remediation: guardrail.remediation,
    })),
  ].sort((a, b) => (a.Id < b.Id ? -1 : 1));
}

export const listGuardrails = implement(ListGuardrails, {
  resolve: noResource,
  run(call, input, _state, deps) {
    const all = catalogue(deps).filter(
      (guardrail) =>
        (input.Behavior === undefined || guardrail.Behavior === input.Behavior) &&
        (input.Severity === undefined || guardrail.Severity === input.Severity),
    );
    const filters = { behavior: input.Behavior, severity: input.Severity };
    const { rows, ...next } = slicePage(openAt<string>(deps, call, input, filters), all, (guardrail) => guardrail.Id);
    return { Guardrails: rows, ...next };
  },
});

export const compileGuardrails = implement(CompileGuardrails, {
  resolve: noResource,
  run(call, input, _state, deps) {
    const guardrails = input.GuardrailIds.map((id) => {
      const found = deps.detective.preventive.get(id);
      if (!found) throw call.fail('NotFound', `there is no preventive guardrail ${id}`);
      return found;
    });
    const parameters = (input.Parameters ?? []).map(
      ({ GuardrailId, Values }) => [GuardrailId, Values as Values] as const,
    );
    const packed = compileSet(
      {
        guardrails,
        parameters: Object.fromEntries(parameters),
        ...(input.ExemptPrincipals && { exemptPrincipals: input.ExemptPrincipals }),
      },
      input.MaxBytes,
    );
    if (!packed.ok) {
      const message = `the guardrails cannot be compiled: ${packed.faults[0]}`;
      throw call.fail('InvalidGuardrails', message, { details: { faults: packed.faults } });
    }
    return {
      Documents: packed.set.documents.map(({ type, text }) => ({ Type: type, Content: text })),
      Sources: [...packed.set.sources].map(([Sid, ids]) => ({ Sid, GuardrailIds: [...ids] })),
    };
  },
});
