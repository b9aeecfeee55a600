import type { Io } from '@mq/io'
import { NameServer } from '@mq/namesrv'
import { SimNode } from './sim-node.js'

export class NameServerNode extends SimNode {
  #server: NameServer | undefined

  get address(): string {
    return `${this.host.address}:9876`
  }

  protected async boot(io: Io): Promise<void> {
    this.#server = new NameServer({ io, config: { bindAddress: '0.0.0.0', listenPort: 9876 } })
    await this.#server.start()
  }

  protected async shutDown(): Promise<void> {
    await this.#server!.close()
  }
}
