import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.acl.common.AclClientRPCHook;
import org.apache.rocketmq.acl.common.SessionCredentials;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.remoting.RPCHook;

/**
 * Apache's clients on a cluster with access control, over TLS with -Dtls.enable=true. One run, one line of text for what came of
 * each identity on standard output.
 *
 * <pre>
 * Guarded NAMESRV TOPIC OTHER_TOPIC GROUP ACCESS_KEY SECRET_KEY
 * prints "sent" and "got BODY" for the account given, and "refused WHO CODE" for it on the other topic, for a wrong secret, and for nobody
 * </pre>
 */
public class Guarded {
    public static void main(String[] args) throws Exception {
        String namesrv = args[0];
        String topic = args[1];
        String accessKey = args[4];
        RPCHook known = hook(accessKey, args[5]);
        send("sent", namesrv, topic, known);
        consume(namesrv, topic, args[3], known);
        send("otherTopic", namesrv, args[2], known);
        send("wrongSecret", namesrv, topic, hook(accessKey, args[5] + "x"));
        send("nobody", namesrv, topic, null);
        System.exit(0);
    }

    /** A client of its own for each: those of one instance name share connections, and the hook of the first. */
    private static void send(String who, String namesrv, String topic, RPCHook hook) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("guarded_producer", hook);
        producer.setNamesrvAddr(namesrv);
        producer.setInstanceName(who);
        producer.setRetryTimesWhenSendFailed(0);
        producer.start();
        try {
            producer.send(new Message(topic, "signed".getBytes(StandardCharsets.UTF_8)));
            print(who);
        } catch (MQBrokerException refused) {
            print("refused", who, refused.getResponseCode());
        } catch (MQClientException refused) {
            print("refused", who, refused.getResponseCode());
        } finally {
            producer.shutdown();
        }
    }

    private static void consume(String namesrv, String topic, String group, RPCHook hook) throws Exception {
        CountDownLatch come = new CountDownLatch(1);
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group, hook, new AllocateMessageQueueAveragely());
        consumer.setNamesrvAddr(namesrv);
        consumer.setInstanceName("consumer");
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            messages.forEach(one -> print("got", new String(one.getBody(), StandardCharsets.UTF_8)));
            come.countDown();
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        boolean complete = come.await(60, TimeUnit.SECONDS);
        consumer.shutdown();
        if (!complete) System.exit(3);
    }

    private static RPCHook hook(String accessKey, String secretKey) {
        return new AclClientRPCHook(new SessionCredentials(accessKey, secretKey));
    }

    private static synchronized void print(Object... words) {
        StringBuilder line = new StringBuilder();
        for (Object word : words) line.append(word).append('\t');
        System.out.println(line);
    }
}
