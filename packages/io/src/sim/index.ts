export { simulate, type Simulation, type SimulationOptions } from './simulation.js'
export type { SimHost, SimHostOptions } from './sim-host.js'
export { noFaults, type DiskCall, type Faults } from './faults.js'
export type { TraceEvent } from './trace.js'
