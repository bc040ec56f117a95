export * from './content.js';
export * from './facts.js';
export {
  ask,
  askStage,
  stages,
  type CommandGate,
  type ContextGate,
  type Gate,
  type GateDecision,
  type Stage,
  type StaticGate,
} from './gate.js';
export * from './gates/index.js';
export * from './link.js';
export * from './names.js';
export * from './patch/parsed.js';
export * from './patch/patch.parser.js';
export * from './quote.js';
export * from './verdict.js';
