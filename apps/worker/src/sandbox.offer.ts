import { GatehouseError, type RegisterWorker } from '@gatehouse/contracts';
import { createSandbox, type Sandbox, type SandboxKind, type SandboxOptions } from '@gatehouse/sandbox';
import type { Logger } from 'pino';

const kinds: readonly SandboxKind[] = ['docker_sandbox', 'process_sandbox'];

export interface OfferOptions {
  readonly sandbox: SandboxOptions;
  readonly log: Logger;
  /** Pause between looks at what is missing, and at what can vanish. */
  readonly everyMs?: number;
  /** Tries one kind for real, and throws GatehouseError where it does not work. */
  readonly create?: (kind: SandboxKind, options: SandboxOptions) => Promise<Sandbox>;
}

/** How often a process sandbox that works is tried again: it runs a real command, and seldom breaks. */
const looksPerTrial = 10;

/**
 * The sandboxes that work here, tried for real and tried again: an engine or a tool that appears is offered, one that
 * goes is withdrawn. Why a kind does not work is logged with the fix, once for each reason.
 */
export class SandboxOffer {
  /** The same map for good; its content changes. */
  readonly sandboxes = new Map<SandboxKind, Sandbox>();
  private readonly reasons = new Map<SandboxKind, string>();
  private readonly suspects = new Set<SandboxKind>();
  private readonly everyMs: number;
  private looks = 0;
  private looking: Promise<boolean> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private onChanged: () => void = () => undefined;

  constructor(private readonly options: OfferOptions) {
    this.everyMs = options.everyMs ?? 30_000;
  }

  /** Tries what is missing, what is suspect and what can vanish; answers whether the offer changed. */
  look(): Promise<boolean> {
    this.looking ??= this.lookNow().finally(() => (this.looking = undefined));
    return this.looking;
  }

  /** Looks again every so often until the answered function is called. */
  watch(onChanged: () => void): () => void {
    this.onChanged = onChanged;
    const next = (): void => {
      this.timer = setTimeout(() => void this.report().finally(next), this.everyMs);
      this.timer.unref();
    };
    next();
    return () => {
      this.onChanged = () => undefined;
      clearTimeout(this.timer);
    };
  }

  /** A run found this kind broken: it is tried again now. */
  suspect(kind: SandboxKind): void {
    this.suspects.add(kind);
    void this.report();
  }

  get offers(): RegisterWorker['sandboxes'] {
    return kinds.flatMap((kind) => {
      const sandbox = this.sandboxes.get(kind);
      return sandbox === undefined
        ? []
        : [{ kind, mode: sandbox.mode, detail: sandbox.detail.slice(0, 400) }];
    });
  }

  private async report(): Promise<void> {
    try {
      if (await this.look()) this.onChanged();
    } catch (error) {
      this.options.log.error({ err: error }, 'the sandboxes of this machine could not be looked at');
    }
  }

  private async lookNow(): Promise<boolean> {
    const { log } = this.options;
    const before = JSON.stringify(this.offers);
    const first = this.looks === 0;
    for (const kind of kinds) if (this.isDue(kind)) await this.tryKind(kind);
    this.looks += 1;
    const changed = JSON.stringify(this.offers) !== before;
    if (this.sandboxes.size === 0 && (first || changed))
      log.error(
        'no isolation works on this machine: nothing will be run here; gatehouse doctor says what to do',
      );
    if (changed && this.offers.some(({ mode }) => mode === 'unisolated'))
      log.error('agents run WITHOUT isolation, because GATEHOUSE_ALLOW_UNISOLATED=1');
    return changed;
  }

  private isDue(kind: SandboxKind): boolean {
    return (
      !this.sandboxes.has(kind) ||
      this.suspects.has(kind) ||
      kind === 'docker_sandbox' ||
      this.looks % looksPerTrial === 0
    );
  }

  private async tryKind(kind: SandboxKind): Promise<void> {
    const { sandbox: wish, log, create = createSandbox } = this.options;
    this.suspects.delete(kind);
    try {
      const sandbox = await create(kind, wish);
      if (this.reasons.delete(kind))
        log.info({ kind, detail: sandbox.detail }, 'this kind of sandbox works now');
      this.sandboxes.set(kind, sandbox);
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      const withdrawn = this.sandboxes.delete(kind);
      if (withdrawn) log.warn({ kind, reason: error.message }, 'this kind of sandbox works no more');
      else if (this.reasons.get(kind) !== error.message)
        log.info({ kind, reason: error.message }, 'this kind of sandbox does not work here');
      this.reasons.set(kind, error.message);
    }
  }
}
