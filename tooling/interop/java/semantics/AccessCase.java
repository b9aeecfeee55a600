import java.util.concurrent.Callable;
import org.apache.rocketmq.acl.common.AclClientRPCHook;
import org.apache.rocketmq.acl.common.SessionCredentials;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.remoting.RPCHook;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** Signed requests, on a cluster of its own that takes no others. */
class AccessCase extends Lab implements Callable<Void> {
    private final String accessKey;
    private final String secretKey;

    AccessCase(String namesrv, String broker, String accessKey, String secretKey) {
        super(namesrv, broker);
        this.accessKey = accessKey;
        this.secretKey = secretKey;
    }

    @Override
    public Void call() throws Exception {
        String topic = "semantics_guarded_" + System.currentTimeMillis();
        RPCHook known = hook(accessKey, secretKey);
        DefaultMQAdminExt operator = new DefaultMQAdminExt(known, 60_000);
        operator.setNamesrvAddr(namesrv);
        operator.setInstanceName("operator");
        operator.start();
        operator.createAndUpdateTopicConfig(broker, new TopicConfig(topic, 1, 1, 6));
        eventually(() -> !operator.examineTopicRouteInfo(topic).getQueueDatas().isEmpty(), "the route of a new topic");
        Collected got = new Collected();
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(newGroup(), known, new AllocateMessageQueueAveragely());
        consumer.setNamesrvAddr(namesrv);
        consumer.setInstanceName("reader");
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(got);
        consumer.start();
        sender("known", known).send(message(topic, "signed"));
        eventually(() -> got.messages.size() == 1, "the message");
        DefaultMQProducer wrong = sender("wrong", hook(accessKey, secretKey + "x"));
        refused(() -> wrong.send(message(topic, "x")), "a wrong secret");
        DefaultMQProducer unknown = sender("unknown", hook("nobody", secretKey));
        refused(() -> unknown.send(message(topic, "x")), "an unknown key");
        DefaultMQProducer unsigned = sender("unsigned", null);
        refused(() -> unsigned.send(message(topic, "x")), "no signature");
        check(got.texts().size() == 1, "came: " + got.texts());
        return null;
    }

    /** A client of its own for each: those of one instance name share connections, and the hook of the first. */
    private DefaultMQProducer sender(String name, RPCHook hook) throws Exception {
        DefaultMQProducer sender = new DefaultMQProducer("semantics_guarded", hook);
        sender.setNamesrvAddr(namesrv);
        sender.setInstanceName(name);
        sender.setRetryTimesWhenSendFailed(0);
        sender.start();
        return sender;
    }

    private static RPCHook hook(String accessKey, String secretKey) {
        return new AclClientRPCHook(new SessionCredentials(accessKey, secretKey));
    }
}
