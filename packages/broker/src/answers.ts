import { ResponseCode, type Answer, type ExtFields } from '@mq/protocol'
import { ResponseError } from '@mq/remoting'

export const success: Answer = Object.freeze({ code: ResponseCode.SUCCESS })
export const successWithBody = (body: Uint8Array): Answer => ({ code: ResponseCode.SUCCESS, body })
export const successWithFields = (extFields: ExtFields): Answer => ({ code: ResponseCode.SUCCESS, extFields })

/** An error whose answer has this code and sentence. */
export const refusal = (code: number, sentence: string): ResponseError => new ResponseError(code, sentence)
