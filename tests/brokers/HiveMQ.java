// HiveMQ CE, which lets anybody in: java -cp 'JARS/*' HiveMQ.java FOLDER, with conf/, data/ and extensions/ in it.

import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.parameter.*;
import com.hivemq.extension.sdk.api.services.Services;
import com.hivemq.extension.sdk.api.services.builder.Builders;
import java.nio.file.Path;

class HiveMQ implements ExtensionMain {
    public static void main(String[] given) {
        Path folder = Path.of(given[0]);
        EmbeddedHiveMQ.builder()
            .withConfigurationFolder(folder.resolve("conf"))
            .withDataFolder(folder.resolve("data"))
            .withExtensionsFolder(folder.resolve("extensions"))
            .withEmbeddedExtension(EmbeddedExtension.builder()
                .withId("open").withName("open").withVersion("1").withExtensionMain(new HiveMQ()).build())
            .build().start().join();
    }

    public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
        SimpleAuthenticator open = (asked, answer) -> {
            answer.getDefaultPermissions().add(Builders.topicPermission().topicFilter("#").build());
            answer.authenticateSuccessfully();
        };
        Services.securityRegistry().setAuthenticatorProvider(asked -> open);
    }

    public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {}
}
