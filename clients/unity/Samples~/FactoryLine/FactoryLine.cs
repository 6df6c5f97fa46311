using UnityEngine;

namespace Twin.Unity.Samples
{
    /// <summary>
    /// Builds a small line of milling machines when the scene starts: a box for each, with the five sensors of the type
    /// <c>milling</c>. They run healthily but for the one that is worn out, which turns yellow and then red as its twin
    /// finds the overstrain.
    /// </summary>
    [AddComponentMenu("Twin/Samples/Factory Line")]
    public sealed class FactoryLine : MonoBehaviour
    {
        [Tooltip("Where the broker is.")]
        [SerializeField] private TwinSettings settings;

        [Min(1)]
        [SerializeField] private int machines = 5;

        [Tooltip("The machine that wears out, from 1; 0: none.")]
        [SerializeField] private int wornOut = 3;

        [Tooltip("Seconds until it is worn out.")]
        [Min(1f)]
        [SerializeField] private float wearsOutInSeconds = 60f;

        private const float Spacing = 2.5f;

        private TwinConnection connection;
        private Mill[] mills = new Mill[0];

        /// <summary>Where the broker is. To be set before the scene starts.</summary>
        public TwinSettings Settings { get { return settings; } set { settings = value; } }

        private sealed class Mill
        {
            public TwinSensor AirTempK;
            public TwinSensor ProcessTempK;
            public TwinSensor Rpm;
            public TwinSensor TorqueNm;
            public TwinSensor ToolWearMin;
            public float Phase;
            public float Wear;
        }

        private void Start()
        {
            // Inactive while it is put together, so that the components find their settings when they are enabled.
            var hub = new GameObject("Twin connection");
            hub.SetActive(false);
            connection = hub.AddComponent<TwinConnection>();
            connection.Settings = settings;
            hub.SetActive(true);

            mills = new Mill[machines];
            for (int i = 0; i < machines; i++)
            {
                mills[i] = Build(i + 1);
            }
        }

        private Mill Build(int number)
        {
            GameObject box = GameObject.CreatePrimitive(PrimitiveType.Cube);
            box.SetActive(false);
            box.name = "unity-mill-" + number;
            box.transform.SetParent(transform, false);
            box.transform.localPosition = new Vector3((number - 1) * Spacing, 0f, 0f);

            TwinMachine machine = box.AddComponent<TwinMachine>();
            machine.Connection = connection;
            machine.MachineId = box.name;
            machine.MachineType = "milling";
            machine.Attributes.Add(new TwinMachine.Attribute { Name = "variant", Value = "L" });
            var mill = new Mill
            {
                AirTempK = Sensor(box, "air_temp_k"),
                ProcessTempK = Sensor(box, "process_temp_k"),
                Rpm = Sensor(box, "rpm"),
                TorqueNm = Sensor(box, "torque_nm"),
                ToolWearMin = Sensor(box, "tool_wear_min"),
                Phase = number,
                Wear = 20f * number
            };
            Run(mill, 0f);
            box.SetActive(true);
            return mill;
        }

        private static TwinSensor Sensor(GameObject box, string channel)
        {
            TwinSensor sensor = box.AddComponent<TwinSensor>();
            sensor.Channel = channel;
            return sensor;
        }

        private void Update()
        {
            float worn = Mathf.Clamp01(Time.time / wearsOutInSeconds);
            for (int i = 0; i < mills.Length; i++)
            {
                Run(mills[i], i + 1 == wornOut ? worn : 0f);
            }
        }

        /// <summary>A cut of the recorded milling machine; the more worn, the more torque on an older tool.</summary>
        private static void Run(Mill mill, float worn)
        {
            float swing = Mathf.Sin(0.7f * Time.time + mill.Phase);
            float torqueNm = 38f + 4f * swing + 22f * worn;
            mill.TorqueNm.Value = Rounded(torqueNm, 10f);
            mill.Rpm.Value = Rounded(1499f - 18f * (torqueNm - 40f) * (torqueNm > 48f ? 0.5f : 1f), 1f);
            mill.AirTempK.Value = Rounded(299.5f + 0.3f * Mathf.Sin(0.05f * Time.time + mill.Phase), 10f);
            mill.ProcessTempK.Value = Rounded(309.8f + 0.3f * Mathf.Sin(0.05f * Time.time + mill.Phase), 10f);
            mill.ToolWearMin.Value = Rounded(Mathf.Max(mill.Wear, 220f * worn), 1f);
        }

        private static double Rounded(float value, float parts)
        {
            return System.Math.Round(value * (double)parts) / parts;
        }
    }
}
