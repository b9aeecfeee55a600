import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** What messages may be like, how they travel, and what is refused. */
class FormCases extends Lab {
    /** The flag of 4.x, and the kind of compression by which 5.x knows it once it has inflated a body. */
    private static final int COMPRESSED = 0x701;

    FormCases(Lab lab) {
        super(lab);
    }

    void addTo(Map<String, Callable<Void>> cases) {
        cases.put("compression", this::compression);
        cases.put("unit mode", this::unitMode);
        cases.put("waitStoreMsgOK", this::waitStore);
        cases.put("size limits", this::sizeLimits);
        cases.put("permissions", this::permissions);
        cases.put("TLS", this::tls);
    }

    private Void compression() throws Exception {
        String topic = newTopic(1);
        String body = "long ".repeat(10_000);
        producer.send(message(topic, body));
        producer.send(message(topic, "short"));
        Collected got = new Collected();
        consumer(topic, "*", got);
        eventually(() -> got.messages.size() == 2, "both messages");
        for (MessageExt one : got.messages) {
            boolean large = !text(one).equals("short");
            check(!large || text(one).equals(body) && one.getStoreSize() < 5000, "the body came as " + one);
            check(((one.getSysFlag() & COMPRESSED) != 0) == large, "sysFlag is " + one.getSysFlag());
        }
        return null;
    }

    private Void unitMode() throws Exception {
        String topic = "semantics_unit_" + System.currentTimeMillis();
        DefaultMQProducer units = newProducer("units");
        units.setUnitName("site-b");
        units.setUnitMode(true);
        units.start();
        units.send(message(topic, "x"));
        eventually(() -> isFlag(1, topic), "the flag of a topic of a unit");
        String group = newGroup();
        Collected got = new Collected();
        DefaultMQPushConsumer consumer = newConsumer(group);
        consumer.setUnitName("site-b");
        consumer.setUnitMode(true);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(got);
        consumer.start();
        eventually(() -> got.messages.size() == 1, "the message");
        String clientId = admin.examineConsumerConnectionInfo(group).getConnectionSet().iterator().next().getClientId();
        check(clientId.endsWith("@site-b"), "the client id is " + clientId);
        eventually(() -> isFlag(2, "%RETRY%" + group), "the flag of a retry topic of a unit");
        return null;
    }

    /** By its text: the getter has another name in 5.x. */
    private boolean isFlag(int flag, String topic) throws Exception {
        String data = admin.examineTopicRouteInfo(topic).getQueueDatas().get(0).toString();
        return data.matches(".*topicSyn?s?Flag=" + flag + "\\D.*");
    }

    private Void waitStore() throws Exception {
        String topic = newTopic(1);
        Message message = message(topic, "x");
        message.setWaitStoreMsgOK(false);
        check(producer.send(message).getSendStatus() == SendStatus.SEND_OK, "it was not taken");
        Collected got = new Collected();
        consumer(topic, "*", got);
        eventually(() -> got.messages.size() == 1, "the message");
        check(!got.messages.get(0).isWaitStoreMsgOK(), "it does not say so");
        return null;
    }

    private Void sizeLimits() throws Exception {
        String topic = newTopic(1);
        DefaultMQProducer large = newProducer("large");
        large.setMaxMessageSize(16 << 20);
        large.setSendMsgTimeout(30_000);
        large.start();
        byte[] body = new byte[5 << 20];
        new Random(1).nextBytes(body);
        refused(() -> large.send(new Message(topic, body)), "a body larger than the broker takes");
        Message wordy = message(topic, "x");
        wordy.putUserProperty("long", "x".repeat(40_000));
        refused(() -> large.send(wordy), "properties larger than a message has");
        refused(() -> large.send(message("T".repeat(200), "x")), "a long topic");
        large.send(message(topic, "fits"));
        check(messagesIn(topic) == 1, "there are " + messagesIn(topic) + " messages");
        return null;
    }

    private Void permissions() throws Exception {
        String topic = newTopic(1);
        allow(topic, 4);
        DefaultMQProducer early = newProducer("early");
        early.start();
        refused(() -> early.send(message(topic, "x")), "a message to a topic that may only be read");
        allow(topic, 2);
        DefaultMQProducer sender = newProducer("sender");
        sender.start();
        SendResult sent = sender.send(message(topic, "x"));
        Collected none = new Collected();
        consumer(topic, "*", none);
        allow(topic, 6);
        check(none.messages.isEmpty(), "a topic that may only be written was read");
        Collected got = new Collected();
        consumer(topic, "*", got);
        eventually(() -> got.messages.size() == 1, "the message");
        check(got.messages.get(0).getMsgId().equals(sent.getMsgId()), "another message came");
        return null;
    }

    private void allow(String topic, int permission) throws Exception {
        admin.createAndUpdateTopicConfig(broker, new TopicConfig(topic, 1, 1, permission));
        eventually(() -> admin.examineTopicRouteInfo(topic).getQueueDatas().get(0).getPerm() == permission, "the permission");
    }

    private Void tls() throws Exception {
        String topic = newTopic(1);
        DefaultMQProducer secure = newProducer("secure");
        secure.setUseTLS(true);
        secure.start();
        Collected got = new Collected();
        DefaultMQPushConsumer consumer = newConsumer(newGroup());
        consumer.setUseTLS(true);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(got);
        consumer.start();
        secure.send(message(topic, "secure"));
        producer.send(message(topic, "plain"));
        eventually(() -> got.messages.size() == 2, "both messages");
        check(got.texts().equals(List.of("plain", "secure")), "came: " + got.texts());
        return null;
    }
}
