/** Prometheus metrics of one process. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  /** Requests by service, operation and outcome (`ok` or the error code). */
  requests: Counter<'service' | 'operation' | 'outcome'>;
  latency: Histogram<'service' | 'operation'>;
  /** Requests refused before an operation was known. */
  refused: Counter<'reason'>;
  /** What guardrails that are only observed would have denied. */
  observed: Counter<'policy'>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'parapet_' });
  return {
    registry,
    requests: new Counter({
      name: 'parapet_requests_total',
      help: 'Requests by operation and outcome',
      labelNames: ['service', 'operation', 'outcome'],
      registers: [registry],
    }),
    latency: new Histogram({
      name: 'parapet_request_seconds',
      help: 'Time from receipt to answer',
      labelNames: ['service', 'operation'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [registry],
    }),
    refused: new Counter({
      name: 'parapet_refused_total',
      help: 'Requests refused before an operation ran',
      labelNames: ['reason'],
      registers: [registry],
    }),
    observed: new Counter({
      name: 'parapet_guardrail_observed_total',
      help: 'Decisions that a guardrail attached to be observed would have denied',
      labelNames: ['policy'],
      registers: [registry],
    }),
  };
}
