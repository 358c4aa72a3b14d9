/** Values that are read when somebody looks at the metrics. Several parts of a process may report under one name. */
import { Gauge, type Registry } from 'prom-client';

export interface GaugeReading {
  name: string;
  help: string;
  labels?: Readonly<Record<string, string>>;
  /** A failed reading leaves the last value. */
  read(): number | Promise<number>;
}

const reported = new WeakMap<Registry, Map<string, Map<string, GaugeReading>>>();

/** Adds a reading to the gauge of this name; one with the same labels is replaced. */
export function reportGauge(registry: Registry, reading: GaugeReading): void {
  const gauges = reported.get(registry) ?? new Map<string, Map<string, GaugeReading>>();
  reported.set(registry, gauges);
  const readings = gauges.get(reading.name) ?? register(registry, reading);
  gauges.set(reading.name, readings);
  readings.set(JSON.stringify(reading.labels ?? {}), reading);
}

function register(registry: Registry, { name, help, labels }: GaugeReading): Map<string, GaugeReading> {
  const readings = new Map<string, GaugeReading>();
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames: Object.keys(labels ?? {}),
    registers: [registry],
    collect: (): Promise<void> => collect(gauge, readings),
  });
  return readings;
}

async function collect(gauge: Gauge, readings: ReadonlyMap<string, GaugeReading>): Promise<void> {
  for (const { labels = {}, read } of readings.values()) {
    try {
      gauge.set(labels, await read());
    } catch {
      // One unreadable value must not cost the operator all the others.
    }
  }
}
